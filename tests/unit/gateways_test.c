/* What gateways speak to services: FastCGI, SCGI and uwsgi conversations from samples/, their first
 * bytes, and limits. */
#include "protocol_samples.h"

#include "protocol/cgi_request.h"

#define FCGI_BEGIN "\1\1\0\1\0\10\0\0"

/* ---- sniffing ---- */

static const struct {
    const struct protocol *protocol;
    struct bytes bytes;
    enum sniff expected;
} sniffs[] = {
    {&fastcgi_protocol, BYTES(""), SNIFF_MORE},
    {&fastcgi_protocol, BYTES("\1"), SNIFF_MORE},
    {&fastcgi_protocol, BYTES("\1\1\0\1\0\10\0"), SNIFF_MORE},
    {&fastcgi_protocol, BYTES(FCGI_BEGIN), SNIFF_YES},
    {&fastcgi_protocol, BYTES("\1\1\0\0\0\10\0\0"), SNIFF_NO}, /* no id */
    {&fastcgi_protocol, BYTES("\1\1\0\1\0\20\0\0"), SNIFF_NO}, /* another length */
    {&fastcgi_protocol, BYTES("\1\11\0\0\0\30\0\0"), SNIFF_YES},
    {&fastcgi_protocol, BYTES("\1\4"), SNIFF_NO},
    {&fastcgi_protocol, BYTES("GET / HTTP/1.1"), SNIFF_NO},
    {&scgi_protocol, BYTES(""), SNIFF_MORE},
    {&scgi_protocol, BYTES("70"), SNIFF_MORE},
    {&scgi_protocol, BYTES("70:CONTENT_LENGTH"), SNIFF_MORE},
    {&scgi_protocol, BYTES("70:CONTENT_LENGTH\0"), SNIFF_YES},
    {&scgi_protocol, BYTES("70:CONTENT_TYPE\0"), SNIFF_NO},
    {&scgi_protocol, BYTES("7:CONTENT_LENGTH\0"), SNIFF_NO},
    {&scgi_protocol, BYTES("7000000"), SNIFF_NO},
    {&scgi_protocol, BYTES("5:hello,"), SNIFF_NO},
    {&scgi_protocol, BYTES("+OK\r\n"), SNIFF_NO},
    {&uwsgi_protocol, BYTES(""), SNIFF_MORE},
    {&uwsgi_protocol, BYTES("\0\20\0\0\4\0NAM"), SNIFF_MORE},
    {&uwsgi_protocol, BYTES("\0\20\0\0\4\0NAME"), SNIFF_YES},
    {&uwsgi_protocol, BYTES("\5\20\0\0\14\0QUERY_"), SNIFF_YES},
    {&uwsgi_protocol, BYTES("\0\20\0\0\4\0name"), SNIFF_NO},
    {&uwsgi_protocol, BYTES("\0\7\0\0\4\0NAME"), SNIFF_NO},  /* longer than its packet */
    {&uwsgi_protocol, BYTES("\144\0\0\0"), SNIFF_MORE},      /* a ping */
    {&uwsgi_protocol, BYTES("\0\0\0\14\0\0\0\1"), SNIFF_NO}, /* a length of four bytes */
    {&uwsgi_protocol, BYTES("HELO me\r\n"), SNIFF_NO},
    {&uwsgi_protocol, BYTES("QUIT\r\n"), SNIFF_NO},
};

static void test_sniff(void)
{
    for (size_t i = 0; i < sizeof sniffs / sizeof *sniffs; i++) {
        struct bytes copy = watch_copy(sniffs[i].bytes.data, sniffs[i].bytes.len);
        enum sniff got = sniffs[i].protocol->sniff(TO_SERVER, copy);
        CHECK(got == sniffs[i].expected);
        if (got != sniffs[i].expected)
            fprintf(stderr, "    row %zu of the table for %s\n", i, sniffs[i].protocol->name);
        CHECK(sniffs[i].protocol->sniff(TO_CLIENT, copy) == SNIFF_NO);
        watch_copy_free(copy);
    }
}

/* ---- limits ---- */

static void feed_record(struct watched *c, unsigned type, unsigned id, struct bytes content)
{
    struct buf record = {0};
    const char header[] = {1, (char)type, (char)(id >> 8), (char)id, (char)(content.len >> 8),
        (char)content.len, 0, 0};
    buf_add(&record, header, sizeof header);
    buf_add(&record, content.data, content.len);
    watched_feed(c, TO_SERVER, (struct bytes){record.data, record.len});
    buf_free(&record);
}

/* One connection may carry so many at once, each with its variables, and no more. */
static void test_many_at_once(void)
{
    static struct watch watch;
    struct watched c;
    watched_begin(&c, &fastcgi_protocol, &watch);
    watch.silent = true;
    for (unsigned id = 1; id <= 256; id++) {
        feed_record(&c, 1, id, BYTES("\0\1\1\0\0\0\0\0"));
        feed_record(&c, 4, id, BYTES("\16\3REQUEST_METHODGET\13\1REQUEST_URI/"));
        feed_record(&c, 4, id, BYTES(""));
    }
    CHECK(!c.gave_up && watch.open == 256);
    feed_record(&c, 1, 257, BYTES("\0\1\1\0\0\0\0\0"));
    CHECK(c.gave_up && watch.open == 0);
    watched_end(&c);
}

/* Variables without end are read as far as they are kept. */
static void test_many_variables(void)
{
    static struct watch watch;
    struct watched c;
    char value[127];
    struct buf pair = {0};
    watched_begin(&c, &fastcgi_protocol, &watch);
    memset(value, 'v', sizeof value);
    buf_puts(&pair, "\6\177HTTP_A");
    buf_add(&pair, value, sizeof value);
    feed_record(&c, 1, 1, BYTES("\0\1\1\0\0\0\0\0"));
    feed_record(&c, 4, 1, BYTES("\16\3REQUEST_METHODGET\13\1REQUEST_URI/"));
    for (int i = 0; i < 1000; i++)
        feed_record(&c, 4, 1, (struct bytes){pair.data, pair.len});
    feed_record(&c, 4, 1, BYTES(""));
    CHECK(watch.open == 1);
    watched_end(&c);
    CHECK(strstr(watch.transcript.data, "1 request GET /  scheme http | A=vv") != NULL);
    buf_free(&pair);
    buf_free(&watch.transcript);
}

/* ---- other variables ---- */

static void see_variables(void *self, const struct request_info *request)
{
    bool *seen = self;
    *seen = true;
    CHECK(request->variable_count == 2 && request->header_count == 1);
    CHECK(bytes_equal(request->variables[0].name, BYTES("APP")));
    CHECK(bytes_equal(request->variables[0].value, BYTES("shop")));
    CHECK(bytes_equal(request->variables[1].name, BYTES("DOCUMENT_ROOT")));
}

/* Those that become nothing else are passed on as they came. */
static void test_other_variables(void)
{
    static struct cgi_request request;
    char names[][16] = {"REQUEST_METHOD", "APP", "HTTP_HOST", "REQUEST_URI", "DOCUMENT_ROOT"};
    const struct bytes values[] = {
        BYTES("GET"), BYTES("shop"), BYTES("h"), BYTES("/"), BYTES("/srv")};
    bool seen = false;
    const struct protocol_listener listener = {.request = see_variables, .self = &seen};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        cgi_request_add(&request, values[i], names[i], strlen(names[i]));
    CHECK(cgi_request_report(&request, 1, &listener) && seen);
    for (size_t i = 0; i < 2 * (size_t)CGI_OTHERS_MAX; i++)
        cgi_request_add(&request, values[1], names[1], strlen(names[1]));
    CHECK(request.other_count == CGI_OTHERS_MAX);
}

int main(void)
{
    test_sniff();
    test_many_at_once();
    test_many_variables();
    check_samples(&fastcgi_protocol, 20);
    check_samples(&scgi_protocol, 7);
    check_samples(&uwsgi_protocol, 5);
    test_other_variables();
    return check_result();
}
