/* HTTP/1 conversations from samples/http1, and what no sample can say. */
#include "protocol_samples.h"

/* ---- limits ---- */

/* A request with a header line of this many bytes, and a next one behind its response. */
static char *story_of_long_head(size_t line_bytes)
{
    static struct watch watch;
    struct watched c;
    struct buf head = {0};
    watched_begin(&c, &http1_protocol, &watch);
    buf_puts(&head, "GET / HTTP/1.1\r\nX: ");
    for (size_t i = 0; i < line_bytes; i++)
        buf_putc(&head, 'x');
    buf_puts(&head, "\r\n\r\n");
    watched_feed(&c, TO_SERVER, (struct bytes){head.data, head.len});
    watched_feed(&c, TO_CLIENT, BYTES("HTTP/1.1 431 No\r\nContent-Length: 0\r\n\r\n"));
    watched_feed(&c, TO_SERVER, BYTES("GET /2 HTTP/1.1\r\n\r\n"));
    watched_end(&c);
    buf_free(&head);
    return buf_take(&watch.transcript);
}

static void test_long_head(void)
{
    enum { OTHER_BYTES = 16 + 3 + 4, MOST = 64 * 1024 - OTHER_BYTES };
    char *story = story_of_long_head(MOST);
    CHECK(strstr(story, "\n1 request_end\n1 response 431") != NULL);
    free(story);
    story = story_of_long_head(MOST + 1);
    CHECK(strstr(story, "request_end\n1 response") == NULL);
    CHECK(strstr(story, "\n1 response 431") && strstr(story, "\n2 request GET /2 1.1\n"));
    free(story);
}

static size_t headers_told;

static void count_headers(void *self, const struct request_info *request)
{
    (void)self;
    headers_told = request->header_count;
}

/* One more than is kept still says how long the body is. */
static void test_many_headers(size_t count, size_t expected)
{
    static struct watch watch;
    struct watched c;
    struct buf head = {0};
    watched_begin(&c, &http1_protocol, &watch);
    struct protocol_listener listener = watch_listener(&watch);
    buf_puts(&head, "POST / HTTP/1.1\r\n");
    for (size_t i = 1; i < count; i++)
        buf_puts(&head, "A: b\r\n");
    buf_puts(&head, "Content-Length: 3\r\n\r\nGET");
    listener.request = count_headers;
    listener.request_end = NULL; /* the body would be a request: there must be no end before it */
    struct run run = {.head = {head.data, head.len - 3}, .total = head.len - 3};
    CHECK(c.protocol->feed(c.state, TO_SERVER, &run, &listener));
    CHECK(headers_told == expected);
    http1_protocol.release(c.state);
    free(c.state);
    buf_free(&head);
}

static void feed_behind_loss(
    struct watched *c, enum direction direction, struct bytes bytes, bool back)
{
    struct run run = {.head = bytes, .total = bytes.len, .gap = !back, .gap_back = back};
    struct protocol_listener listener = watch_listener(c->watch);
    CHECK(c->protocol->feed(c->state, direction, &run, &listener));
}

/* Records were lost: an answer is nobody's if it may be another's. */
static void test_lost_records(void)
{
    static struct watch watch;
    struct watched c;
    watched_begin(&c, &http1_protocol, &watch);
    watched_feed(&c, TO_SERVER, BYTES("POST /1 HTTP/1.1\r\nContent-Length: 50\r\n\r\nab"));
    feed_behind_loss(&c, TO_SERVER, BYTES("GET /2 HTTP/1.1\r\n\r\n"), false);
    feed_behind_loss(&c, TO_CLIENT, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"), false);
    watched_feed(&c, TO_SERVER, BYTES("GET /3 HTTP/1.1\r\n\r\n"));
    feed_behind_loss(&c, TO_CLIENT, BYTES("HTTP/1.1 204 No\r\n\r\n"), false);
    watched_feed(&c, TO_SERVER, BYTES("GET /4 HTTP/1.1\r\n\r\n"));
    feed_behind_loss(&c, TO_SERVER, BYTES("GET /5 HTTP/1.1\r\n\r\n"), true);
    watched_feed(&c, TO_CLIENT, BYTES("HTTP/1.1 205 No\r\nContent-Length: 0\r\n\r\n"));
    watched_end(&c);
    char *story = buf_take(&watch.transcript);
    CHECK(strstr(story, "1 request POST /1") && strstr(story, "2 request GET /2"));
    CHECK(!strstr(story, "1 response 200") && !strstr(story, "2 response 200"));
    CHECK(strstr(story, "3 response 204") && !strstr(story, "4 response 2"));
    CHECK(strstr(story, "5 response 205"));
    free(story);
}

static struct buf body_told;

static void keep_body(void *self, uint64_t stream, struct bytes piece)
{
    (void)self;
    CHECK(stream == 1);
    buf_add(&body_told, piece.data, piece.len);
}

static void feed_kept(
    struct watched *c, const struct protocol_listener *l, struct bytes kept, uint64_t total)
{
    struct run run = {.head = kept, .total = total};
    CHECK(c->protocol->feed(c->state, TO_SERVER, &run, l));
}

/* The beginning, without what frames it, up to a gap. */
static void test_body(const char *head, const char *first, const char *second, uint64_t gap)
{
    static struct watch watch;
    struct watched c;
    watched_begin(&c, &http1_protocol, &watch);
    struct protocol_listener listener = watch_listener(&watch);
    listener.body = keep_body;
    feed_kept(&c, &listener, bytes_of(head), strlen(head));
    feed_kept(&c, &listener, bytes_of(first), strlen(first) + gap);
    feed_kept(&c, &listener, bytes_of(second), strlen(second));
    buf_putc(&body_told, '\0');
    CHECK_STR(body_told.data, gap ? "ab" : "abcd");
    buf_free(&body_told);
    watched_end(&c);
    free(buf_take(&watch.transcript));
}

static void test_bodies(void)
{
    test_body("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n", "ab", "cd", 0);
    test_body("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "ab", "cd", 5);
    test_body("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n1\r\nb\r\n",
        "2;x=y\r\ncd\r\n0\r\n\r\n", 0);
}

static void test_many_exchanges(void)
{
    static struct watch watch;
    struct watched c;
    watched_begin(&c, &http1_protocol, &watch);
    watch.silent = true;
    for (int i = 0; i < 1024; i++)
        watched_feed(&c, TO_SERVER, BYTES("GET / HTTP/1.1\r\n\r\n"));
    CHECK(!c.gave_up && watch.open == 1024);
    watched_feed(&c, TO_CLIENT, BYTES("HTTP/1.1 204 No Content\r\n\r\n"));
    watched_feed(&c, TO_SERVER, BYTES("GET / HTTP/1.1\r\n\r\n"));
    CHECK(!c.gave_up && watch.open == 1024);
    watched_feed(&c, TO_SERVER, BYTES("GET / HTTP/1.1\r\n\r\n"));
    CHECK(c.gave_up && watch.open == 0);
    watched_end(&c);
}

/* ---- sniffing ---- */

static const struct {
    enum direction direction;
    const char *bytes;
    enum sniff expected;
} sniffs[] = {
    {TO_SERVER, "", SNIFF_MORE},
    {TO_SERVER, "G", SNIFF_MORE},
    {TO_SERVER, "GET", SNIFF_MORE},
    {TO_SERVER, "GET ", SNIFF_MORE},
    {TO_SERVER, "GET /", SNIFF_YES},
    {TO_SERVER, "GET htt", SNIFF_MORE},
    {TO_SERVER, "GET http:/", SNIFF_MORE},
    {TO_SERVER, "GET http://", SNIFF_YES},
    {TO_SERVER, "GET HTTPS://", SNIFF_YES},
    {TO_SERVER, "GET key", SNIFF_MORE},
    {TO_SERVER, "get /", SNIFF_MORE},
    {TO_SERVER, "\r\n\r\nGET /", SNIFF_YES},
    {TO_SERVER, "\r\n", SNIFF_MORE},
    {TO_SERVER, "OPTIONS *", SNIFF_YES},
    {TO_SERVER, "GET *", SNIFF_MORE},
    {TO_SERVER, "OPTIONS sip:a", SNIFF_MORE},
    {TO_SERVER, "GET * HTTP/1.1\r\n", SNIFF_YES},
    {TO_SERVER, "GET * HTTP/1.1\n", SNIFF_YES},
    {TO_SERVER, "GET a/b HTTP/1.0\r\n", SNIFF_YES},
    {TO_SERVER, "get / HTTP/1.1\r\n", SNIFF_YES},
    {TO_SERVER, "get / http/1.1\r\n", SNIFF_NO},
    {TO_SERVER, "X-LAMP.on /7 HTTP/1.1\r\n", SNIFF_YES},
    {TO_SERVER, "FROB a\tb HTTP/1.1\r\n", SNIFF_NO},
    {TO_SERVER, "FROB  HTTP/1.1\r\n", SNIFF_NO},
    {TO_SERVER, "A-METHOD-THAT-NOBODY-WOULD-MAKE-UP / HTTP/1.1\r\n", SNIFF_NO},
    {TO_SERVER, "GET key\r\n", SNIFF_NO},
    {TO_SERVER, "SUBSCRIBE channel\r\n", SNIFF_NO},
    {TO_SERVER, "LIST\r\n", SNIFF_NO},
    {TO_SERVER, "OPTIONS sip:a SIP/2.0\r\n", SNIFF_NO},
    {TO_SERVER, "DESCRIBE rtsp://a/b RTSP/1.0\r\n", SNIFF_NO},
    {TO_SERVER, "CONNECT a:443", SNIFF_YES},
    {TO_SERVER, "CONNECT [::1]", SNIFF_YES},
    {TO_SERVER, "PROPFIND", SNIFF_MORE},
    {TO_SERVER, "PROPPAT", SNIFF_MORE},
    {TO_SERVER, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SNIFF_NO},
    {TO_SERVER, "\x16\x03\x01\x02\x01", SNIFF_NO},
    {TO_SERVER, "*1\r\n$4\r\nPING\r\n", SNIFF_NO},
    {TO_SERVER, "SSH-2.0-x", SNIFF_MORE},
    {TO_SERVER, "HTTP/1.1 200 OK", SNIFF_NO},
    {TO_CLIENT, "", SNIFF_MORE},
    {TO_CLIENT, "HTTP", SNIFF_MORE},
    {TO_CLIENT, "HTTP/1.", SNIFF_YES},
    {TO_CLIENT, "HTTP/2", SNIFF_NO},
    {TO_CLIENT, "220 mail", SNIFF_NO},
};

static void test_sniff(void)
{
    for (size_t i = 0; i < sizeof sniffs / sizeof *sniffs; i++) {
        struct bytes copy = watch_copy(sniffs[i].bytes, strlen(sniffs[i].bytes));
        enum sniff got = http1_protocol.sniff(sniffs[i].direction, copy);
        CHECK(got == sniffs[i].expected);
        if (got != sniffs[i].expected)
            fprintf(stderr, "    sniffing \"%s\"\n", sniffs[i].bytes);
        watch_copy_free(copy);
    }
}

int main(void)
{
    test_sniff();
    test_long_head();
    test_many_headers(128, 128);
    test_many_headers(129, 128);
    test_many_exchanges();
    test_lost_records();
    test_bodies();
    check_samples(&http1_protocol, 31);
    return check_result();
}
