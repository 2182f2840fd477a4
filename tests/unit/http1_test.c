/* Conversations from samples/http1, each cut at every pair of offsets: the story stays the same. */
#include "check.h"
#include "protocol_watch.h"

#include <dirent.h>

enum { SEGMENTS_MAX = 64, EVERY_PAIR_BYTES_MAX = 420 };

/* A sample is a text file of lines:
 *   # comment
 *   @ HEAD TAIL       every call keeps so many bytes; a call is a line, and nothing is cut
 *   > bytes           sent by the client, with C's escapes \r \n \t \\ \xHH, and \*N for the
 *                     next character N times; the line's end is no part of it
 *   < bytes           sent by the server
 *   = line            of the transcript to come of it; "gave up" if feed() returned false */
struct segment {
    enum direction direction;
    struct buf bytes;
};

struct sample {
    char *path;
    struct segment segments[SEGMENTS_MAX];
    size_t segment_count, total;
    struct buf expected;
    size_t head_max, tail_max;
    bool gaps;
};

static const char *unescape_one(const char *text, struct buf *out)
{
    char *end = NULL;
    if (*text != '\\') {
        buf_putc(out, *text);
        return text + 1;
    }
    switch (text[1]) {
    case 'x':
        buf_putc(out, (char)strtol((char[]){text[2], text[3], '\0'}, NULL, 16));
        return text + 4;
    case '*': {
        long n = strtol(text + 2, &end, 10);
        for (long i = 0; i < n; i++)
            buf_putc(out, *end);
        return end + 1;
    }
    default:
        buf_putc(out, text[1] == 'r' ? '\r' : text[1] == 'n' ? '\n' : text[1] == 't' ? '\t' : '\\');
        return text + 2;
    }
}

static void add_bytes(struct sample *s, enum direction direction, const char *text)
{
    struct segment *last = s->segment_count ? &s->segments[s->segment_count - 1] : NULL;
    if (!last || s->gaps || last->direction != direction) {
        watch_require(s->segment_count < SEGMENTS_MAX, "sample with too many turns");
        last = &s->segments[s->segment_count++];
        last->direction = direction;
    }
    size_t before = last->bytes.len;
    while (*text)
        text = unescape_one(text, &last->bytes);
    s->total += last->bytes.len - before;
}

static void add_line(struct sample *s, const char *line)
{
    if (line[0] == '@')
        s->gaps = sscanf(line + 1, "%zu %zu", &s->head_max, &s->tail_max) == 2;
    else if (line[0] == '>' || line[0] == '<')
        add_bytes(s, line[0] == '>' ? TO_SERVER : TO_CLIENT, line + 2);
    else if (line[0] == '=')
        buf_printf(&s->expected, "%s\n", line + 2);
}

static void sample_read(struct sample *s)
{
    FILE *in = fopen(s->path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    watch_require(in != NULL, s->path);
    buf_puts(&s->expected, "");
    while ((n = getline(&line, &cap, in)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        add_line(s, line);
    }
    free(line);
    fclose(in);
}

static void sample_free(struct sample *s)
{
    for (size_t i = 0; i < s->segment_count; i++)
        buf_free(&s->segments[i].bytes);
    buf_free(&s->expected);
    free(s->path);
    free(s);
}

/* Feeds it in calls that end at the turns and at these two offsets. */
static void play(const struct sample *s, struct watched *c, size_t cut1, size_t cut2)
{
    size_t at = 0;
    for (size_t i = 0; i < s->segment_count; i++) {
        const struct segment *segment = &s->segments[i];
        size_t end = at + segment->bytes.len, begin = at;
        while (at < end) {
            size_t to = cut1 > at && cut1 < end ? cut1 : cut2 > at && cut2 < end ? cut2 : end;
            struct bytes bytes = {segment->bytes.data + (at - begin), to - at};
            watched_feed(c, segment->direction, bytes);
            at = to;
        }
    }
}

static bool story_is(const struct sample *s, struct watch *watch, size_t cut1, size_t cut2)
{
    struct watched c;
    watched_begin(&c, &http1_protocol, watch);
    if (s->gaps) {
        c.head_max = s->head_max;
        c.tail_max = s->tail_max;
    }
    play(s, &c, cut1, cut2);
    watched_end(&c);
    if (c.gave_up)
        buf_puts(&watch->transcript, "gave up\n");
    const char *story = watch->transcript.data ? watch->transcript.data : "";
    bool same = strcmp(story, s->expected.data) == 0;
    if (!same)
        fprintf(stderr, "%s, cut at %zu and %zu:\n%s", s->path, cut1, cut2, story);
    buf_free(&watch->transcript);
    check_count++;
    check_failures += !same;
    return same;
}

static void check_cuts(const struct sample *s, struct watch *watch)
{
    size_t step = s->total > EVERY_PAIR_BYTES_MAX ? s->total / 64 : 1;
    for (size_t i = 1; i < s->total; i++)
        for (size_t j = i; j < s->total; j += step)
            if (!story_is(s, watch, i, j))
                return;
}

/* Whatever is missing, the order of the reports stays as promised. */
static void check_gaps(const struct sample *s, struct watch *watch)
{
    for (size_t kept = 0; kept < 64 * 16; kept++) {
        struct watched c;
        watched_begin(&c, &http1_protocol, watch);
        watch->silent = true;
        c.head_max = kept / 16 * 3;
        c.tail_max = kept % 16;
        play(s, &c, kept % (s->total + 1), s->total / 2);
        watched_end(&c);
        buf_free(&watch->transcript);
        check_count++;
    }
}

static void check_sample(const char *folder, const char *name)
{
    struct sample *s = calloc(1, sizeof *s);
    struct watch *watch = calloc(1, sizeof *watch);
    watch_require(asprintf(&s->path, "%s/%s", folder, name) > 0, "no memory");
    sample_read(s);
    if (story_is(s, watch, 0, 0) && !s->gaps)
        check_cuts(s, watch);
    check_gaps(s, watch);
    free(watch);
    sample_free(s);
}

static void test_samples(void)
{
    char folder[4000] = __FILE__;
    char *slash = strrchr(folder, '/');
    snprintf(slash ? slash : folder, 32, "%ssamples/http1", slash ? "/" : "");
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int samples = 0;
    while (dir && (entry = readdir(dir)))
        if (strstr(entry->d_name, ".txt")) {
            check_sample(folder, entry->d_name);
            samples++;
        }
    CHECK(samples > 30);
    if (dir)
        closedir(dir);
}

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
    {TO_SERVER, "GET key", SNIFF_NO},
    {TO_SERVER, "get /", SNIFF_NO},
    {TO_SERVER, "\r\n\r\nGET /", SNIFF_YES},
    {TO_SERVER, "\r\n", SNIFF_MORE},
    {TO_SERVER, "OPTIONS *", SNIFF_YES},
    {TO_SERVER, "GET *", SNIFF_NO},
    {TO_SERVER, "OPTIONS sip:a", SNIFF_NO},
    {TO_SERVER, "CONNECT a:443", SNIFF_YES},
    {TO_SERVER, "CONNECT [::1]", SNIFF_YES},
    {TO_SERVER, "PROPFIND", SNIFF_YES},
    {TO_SERVER, "PROPPAT", SNIFF_MORE},
    {TO_SERVER, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SNIFF_NO},
    {TO_SERVER, "\x16\x03\x01\x02\x01", SNIFF_NO},
    {TO_SERVER, "*1\r\n$4\r\nPING\r\n", SNIFF_NO},
    {TO_SERVER, "SSH-2.0-x", SNIFF_NO},
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
    test_samples();
    return check_result();
}
