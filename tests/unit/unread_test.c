/* What can't be read is counted; of a ciphered connection to PostgreSQL its turns are calls. */
#include <stdlib.h>

#include "check.h"
#include "options.h"
#include "trace/state.h"
#include "trace/tracer.h"
#include "wire/http2.h"

enum { PID = 4711, COOKIE = 7, HANDSHAKE = 22, DATA = 23 };
#define MILLISECOND UINT64_C(1000000)

static unsigned calls, connects;
static const char *connect_outcome;

static void take_span(void *self, const struct span *span)
{
    (void)self;
    calls += strcmp(span->name, "postgresql: encrypted") == 0;
    connects += strcmp(span->name, "CONNECT") == 0;
    if (strcmp(span->name, "CONNECT") == 0)
        connect_outcome = span->outcome == OUTCOME_SUCCESS ? "success" : "other";
}

static const struct sink sink = {.span = take_span};
static const struct writer writer = {.pid = PID, .tid = PID, .thread = 1};

struct recorder {
    struct tracer *tracer;
    uint64_t time;
};

static void put(struct recorder *recorder, enum record_type type, unsigned flags, uint64_t total,
    const char *head, size_t len)
{
    struct rec_run *r = calloc(1, record_round(sizeof *r + len));
    recorder->time += MILLISECOND;
    r->head = (struct record){.size = (uint32_t)record_round(sizeof *r + len),
        .type = (uint16_t)type,
        .flags = (uint16_t)flags,
        .time = recorder->time};
    r->cookie = COOKIE;
    r->total = total;
    r->head_len = (uint32_t)len;
    if (len)
        memcpy(r + 1, head, len);
    tracer_record(recorder->tracer, &writer, &r->head);
    free(r);
}

static void ciphered(struct recorder *r, enum record_type type, uint64_t total, char first)
{
    const char header[] = {first, 3, 3, 0, 0};
    put(r, type, RUN_TLS | RUN_CIPHER, total, header, sizeof header);
}

static void clear(struct recorder *r, enum record_type type, const char *bytes, size_t len)
{
    put(r, type, 0, len, bytes, len);
}

static void end_turn(struct recorder *r)
{
    r->time += 200 * MILLISECOND;
    tracer_tick(r->tracer, r->time);
}

static struct recorder connection(void)
{
    struct recorder r = {tracer_new(options_load(), &sink, 0), MILLISECOND};
    struct rec_socket socket = {
        .head = {.size = sizeof socket, .type = REC_CONNECT, .time = MILLISECOND},
        .cookie = COOKIE,
        .address = {.family = ADDRESS_IPV4, .port = 5432, .ip = {127, 0, 0, 1}}};
    calls = connects = 0;
    connect_outcome = NULL;
    tracer_record(r.tracer, &writer, &socket.head);
    clear(&r, REC_SEND, "\0\0\0\x8\x4\xd2\x16\x2f", 8);
    clear(&r, REC_RECV, "S", 1);
    put(&r, REC_SEND, RUN_TLS, 0, NULL, 0);
    return r;
}

struct flight {
    enum record_type type;
    uint64_t total;
    char first;
};

/* With SCRAM. */
static const struct flight tls_13[] = {{REC_SEND, 400, HANDSHAKE}, {REC_RECV, 1500, HANDSHAKE},
    {REC_SEND, 80, DATA}, {REC_SEND, 90, DATA}, {REC_RECV, 240, DATA}, {REC_SEND, 130, DATA},
    {REC_RECV, 140, DATA}, {REC_SEND, 150, DATA}, {REC_RECV, 520, DATA}};
/* Asked for another key first; without a password. */
static const struct flight tls_13_retried[] = {{REC_SEND, 400, HANDSHAKE},
    {REC_RECV, 99, HANDSHAKE}, {REC_SEND, 450, HANDSHAKE}, {REC_RECV, 1500, HANDSHAKE},
    {REC_SEND, 170, DATA}, {REC_RECV, 600, DATA}};
static const struct flight tls_12[] = {{REC_SEND, 250, HANDSHAKE}, {REC_RECV, 1200, HANDSHAKE},
    {REC_SEND, 120, HANDSHAKE}, {REC_RECV, 51, 20}, {REC_SEND, 90, DATA}, {REC_RECV, 40, DATA},
    {REC_SEND, 70, DATA}, {REC_RECV, 450, DATA}};

static void fly(struct recorder *r, const struct flight *flights, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ciphered(r, flights[i].type, flights[i].total, flights[i].first);
}

static void test_turns(const struct flight *flights, size_t count)
{
    struct recorder r = connection();
    fly(&r, flights, count);
    for (unsigned turn = 0; turn < 5; turn++) {
        ciphered(&r, REC_SEND, 50, DATA);
        ciphered(&r, REC_SEND, 60, DATA);
        ciphered(&r, REC_RECV, 5, DATA);
        ciphered(&r, REC_RECV, 8000, DATA);
        if (turn % 2)
            end_turn(&r);
    }
    ciphered(&r, REC_SEND, 30, DATA); /* goes */
    CHECK(r.tracer->unread[UNREAD_PG_TLS].all == 1);
    tracer_finish(r.tracer);
    CHECK(calls == 5);
    CHECK(connects == 1 && strcmp(connect_outcome, "success") == 0);
}

/* It never gets a session. */
static void test_refused(void)
{
    struct recorder r = connection();
    fly(&r, tls_12, 6);
    end_turn(&r);
    tracer_finish(r.tracer);
    CHECK(calls == 0 && connects == 1 && strcmp(connect_outcome, "other") == 0);
}

/* A library that is known: what it ciphers passes, too, until the first bytes in the clear. */
static void test_readable(void)
{
    static const char startup[] = "\0\0\0\x12\0\3\0\0user\0ann\0";
    struct recorder r = connection();
    fly(&r, tls_13, 4);
    put(&r, REC_SEND, RUN_TLS, sizeof startup - 1, startup, sizeof startup - 1);
    fly(&r, tls_13 + 4, 5);
    put(&r, REC_RECV, RUN_TLS, 6, "Z\0\0\0\5I", 6);
    ciphered(&r, REC_SEND, 50, DATA);
    ciphered(&r, REC_RECV, 50, DATA);
    CHECK(r.tracer->unread[UNREAD_PG_TLS].all == 0);
    tracer_finish(r.tracer);
    CHECK(calls == 0 && connects == 1 && strcmp(connect_outcome, "success") == 0);
}

/* Header blocks are missing. */
static void test_requests(void)
{
    static const char settings[] = {0, 0, 0, HTTP2_SETTINGS, 0, 0, 0, 0, 0};
    struct recorder r = {tracer_new(options_load(), &sink, 0), MILLISECOND};
    put(&r, REC_RECV, RUN_FRAMES, HTTP2_PREFACE_SIZE, HTTP2_PREFACE, HTTP2_PREFACE_SIZE);
    put(&r, REC_RECV, RUN_FRAMES, sizeof settings, settings, sizeof settings);
    CHECK(r.tracer->unread[UNREAD_REQUESTS].all == 0);
    put(&r, REC_RECV, RUN_FRAMES | RUN_GAP, sizeof settings, settings, sizeof settings);
    put(&r, REC_RECV, RUN_FRAMES, sizeof settings, settings, sizeof settings);
    CHECK(r.tracer->unread[UNREAD_REQUESTS].all == 1);
    tracer_finish(r.tracer);
}

#define COUNT(array) (sizeof array / sizeof *array)

int main(void)
{
    setenv("ELASTIC_APM_SPAN_COMPRESSION_ENABLED", "false", 1);
    test_turns(tls_13, COUNT(tls_13));
    test_turns(tls_13_retried, COUNT(tls_13_retried));
    test_turns(tls_12, COUNT(tls_12));
    test_refused();
    test_readable();
    test_requests();
    return check_result();
}
