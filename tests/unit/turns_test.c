/* Requests and responses of protocols that are not read, and the names of their ports. */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "protocol/protocol.h"
#include "trace/tcp.h"

static struct buf story;

static void on_request(void *self, const struct request_info *request)
{
    (void)self;
    CHECK(!request->method.len && !request->target.len);
    buf_printf(&story, "%" PRIu64 "? ", request->stream);
}

static void on_response(void *self, const struct response_info *response)
{
    (void)self;
    CHECK(response->status == 0);
    buf_printf(&story, "%" PRIu64 "! ", response->stream);
}

static void on_response_end(void *self, uint64_t stream, bool complete)
{
    (void)self;
    CHECK(!complete);
    buf_printf(&story, "%" PRIu64 ". ", stream);
}

/* '>' client, '<' service, '|' silence; what came of it, with "off" where it gave up. */
static bool tells(const char *calls, const char *expected)
{
    static const struct protocol_listener listener = {
        .request = on_request, .response = on_response, .response_end = on_response_end};
    void *state = calloc(1, turns_protocol.state_size);
    struct run run = {.head = BYTES("x"), .total = 5};
    bool go_on = true;
    buf_clear(&story);
    for (; *calls && go_on; calls++)
        if (*calls == '|')
            turns_protocol.finish(state, &listener);
        else
            go_on =
                turns_protocol.feed(state, *calls == '>' ? TO_SERVER : TO_CLIENT, &run, &listener);
    if (go_on)
        turns_protocol.finish(state, &listener);
    else
        buf_puts(&story, "off");
    free(state);
    bool same = strcmp(story.data ? story.data : "", expected) == 0;
    if (!same)
        fprintf(stderr, "    %s\n", story.data);
    return same;
}

static bool is_ciphered(const char *bytes, size_t len)
{
    return turns_is_ciphered((struct bytes){bytes, len});
}

static void test_tls(void)
{
    CHECK(is_ciphered("\x16\3\1\2\0\1", 6));
    CHECK(is_ciphered("\x16\3\3\0\x64\1", 6));
    CHECK(!is_ciphered("\x16\3\1\2\0", 5));
    CHECK(!is_ciphered("\x16\3\1\2\0\2", 6)); /* a server's */
    CHECK(!is_ciphered("\x17\3\1\2\0\1", 6));
    CHECK(!is_ciphered("\x16\3\x80\2\0\1", 6));
}

static bool is_named(const char *names, uint16_t port, const char *expected)
{
    return bytes_equal(tcp_name(names, port), bytes_of(expected));
}

static void test_names_of_ports(void)
{
    CHECK(is_named("5433=ledger", 5433, "ledger"));
    CHECK(is_named("7000=quotes, 5433 = x,5433= ledger ", 5433, "ledger"));
    CHECK(is_named("7000=quotes", 5433, ""));
    CHECK(is_named("543=a,54330=b,5433", 5433, ""));
    CHECK(is_named("5433=,x", 5433, ""));
    CHECK(is_named("0=none,=x", 0, ""));
    CHECK(is_named("65536=none", 0, ""));
    CHECK(is_named("", 5433, ""));
    CHECK(is_named(NULL, 5433, ""));
}

int main(void)
{
    test_tls();
    test_names_of_ports();
    buf_puts(&story, "");
    CHECK(tells("", ""));
    CHECK(tells("><", "1? 1! 1. "));
    CHECK(tells("><><", "1? 1! 1. 2? 2! 2. "));
    CHECK(tells(">>><<<", "1? 1! 1. "));
    CHECK(tells("<><", "1? 1! 1. "));            /* a greeting */
    CHECK(tells("<<<<<<<<<<<<><", "1? 1! 1. ")); /* a long one */
    CHECK(tells(">", "1? 1. "));                 /* never answered */
    CHECK(tells("><|><", "1? 1! 1. 2? 2! 2. "));
    CHECK(tells("><|<<<><", "1? 1! 1. 2? 2! 2. ")); /* late parts of the response */
    CHECK(tells("><|<<<<<<<<><", "1? 1! 1. off"));  /* a stream */
    CHECK(tells(">|><", "1? 1. 2? 2! 2. "));
    buf_free(&story);
    return check_result();
}
