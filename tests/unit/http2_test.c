/* Conversations from samples/http2, each cut at every pair of offsets by the recorder's own code:
 * the story stays the same. */
#include "check.h"
#include "protocol_watch.h"

#include <dirent.h>
#include <nghttp2/nghttp2.h>

#include "shim/frames.c"

enum { SEGMENTS_MAX = 64, HEADERS_MAX = 16, EVERY_PAIR_BYTES_MAX = 300 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8, HAS_PRIORITY = 32 };

/* A sample is a text file of lines:
 *   # comment
 *   @ whole                       what the server sends at once is sent by one call
 *   > preface                     sent by the client; `<` by the server
 *   > raw BYTES                   with \r and \n
 *   > headers ID [end] [split] [padded] [priority] NAME=VALUE...
 *   > push ID NAME=VALUE...
 *   > data ID [end] SIZE
 *   > settings [TABLE_SIZE]
 *   > reset ID | continue ID | ping | ack
 *   = line                        of the transcript to come of it; "gave up" if feed() returned
 * false */
struct segment {
    enum direction direction;
    struct buf bytes;
};

struct sample {
    char *path;
    struct segment segments[SEGMENTS_MAX];
    size_t segment_count, total;
    struct buf expected;
    bool whole;
    nghttp2_hd_deflater *deflaters[2];
};

/* ---- reading ---- */

static void put_frame(
    struct buf *out, uint8_t type, uint8_t flags, uint32_t id, const void *payload, size_t n)
{
    const uint8_t header[HTTP2_FRAME_HEADER] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n,
        type, flags, 0, 0, (uint8_t)(id >> 8), (uint8_t)id};
    buf_add(out, header, sizeof header);
    buf_add(out, payload, n);
}

static void deflate(nghttp2_hd_deflater *deflater, char *text, struct buf *out)
{
    nghttp2_nv fields[HEADERS_MAX];
    size_t count = 0;
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word + 1, '=');
        watch_require(value && count < HEADERS_MAX, "sample with a bad field");
        *value++ = '\0';
        fields[count++] =
            (nghttp2_nv){(uint8_t *)word, (uint8_t *)value, strlen(word), strlen(value), 0};
    }
    uint8_t block[4096];
    ssize_t n = nghttp2_hd_deflate_hd(deflater, block, sizeof block, fields, count);
    watch_require(n >= 0, "header block");
    buf_add(out, block, (size_t)n);
}

static bool take_word(char **text, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*text, word, n) != 0 || ((*text)[n] != ' ' && (*text)[n] != '\0'))
        return false;
    *text += n + ((*text)[n] == ' ');
    return true;
}

static uint32_t take_number(char **text)
{
    uint32_t n = (uint32_t)strtoul(*text, text, 10);
    *text += **text == ' ';
    return n;
}

static void put_headers(struct buf *out, nghttp2_hd_deflater *deflater, char *text)
{
    uint32_t id = take_number(&text);
    uint8_t flags = take_word(&text, "end") ? END_STREAM : 0;
    bool split = take_word(&text, "split");
    struct buf payload = {0}, block = {0};
    if (take_word(&text, "padded")) {
        flags |= PADDED;
        buf_putc(&payload, 3);
    }
    if (take_word(&text, "priority")) {
        flags |= HAS_PRIORITY;
        buf_add(&payload, "\0\0\0\0\20", 5);
    }
    deflate(deflater, text, &block);
    size_t first = split ? block.len / 2 : block.len;
    buf_add(&payload, block.data, first);
    if (flags & PADDED)
        buf_add(&payload, "\0\0\0", 3);
    put_frame(
        out, HTTP2_HEADERS, split ? flags : flags | END_HEADERS, id, payload.data, payload.len);
    if (split)
        put_frame(out, HTTP2_CONTINUATION, END_HEADERS, id, block.data + first, block.len - first);
    buf_free(&payload);
    buf_free(&block);
}

static void put_push(struct buf *out, nghttp2_hd_deflater *deflater, char *text)
{
    uint32_t id = take_number(&text);
    struct buf payload = {0};
    buf_add(&payload, "\0\0\0\2", 4);
    deflate(deflater, text, &payload);
    put_frame(out, HTTP2_PUSH_PROMISE, END_HEADERS, id, payload.data, payload.len);
    buf_free(&payload);
}

static void put_data(struct buf *out, char *text)
{
    static const char zeros[100000];
    uint32_t id = take_number(&text);
    uint8_t flags = take_word(&text, "end") ? END_STREAM : 0;
    put_frame(out, HTTP2_DATA, flags, id, zeros, take_number(&text));
}

static void put_settings(struct buf *out, nghttp2_hd_deflater *other, char *text)
{
    uint32_t size = take_number(&text);
    const uint8_t entry[6] = {
        0, 1, (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    if (size)
        nghttp2_hd_deflate_change_table_size(other, size);
    put_frame(out, HTTP2_SETTINGS, 0, 0, entry, size ? sizeof entry : 0);
}

static void put_raw(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (*text != '\\')
            buf_putc(out, *text);
        else
            buf_putc(out, *++text == 'r' ? '\r' : '\n');
}

static void put_line(struct sample *s, enum direction direction, struct buf *out, char *text)
{
    nghttp2_hd_deflater *own = s->deflaters[direction];
    if (take_word(&text, "preface"))
        buf_puts(out, HTTP2_PREFACE);
    else if (take_word(&text, "raw"))
        put_raw(out, text);
    else if (take_word(&text, "headers"))
        put_headers(out, own, text);
    else if (take_word(&text, "push"))
        put_push(out, own, text);
    else if (take_word(&text, "data"))
        put_data(out, text);
    else if (take_word(&text, "settings"))
        put_settings(out, s->deflaters[!direction], text);
    else if (take_word(&text, "reset"))
        put_frame(out, HTTP2_RST_STREAM, 0, take_number(&text), "\0\0\0\10", 4);
    else if (take_word(&text, "ping"))
        put_frame(out, HTTP2_PING, 0, 0, "12345678", 8);
    else if (take_word(&text, "continue"))
        put_frame(out, HTTP2_CONTINUATION, END_HEADERS, take_number(&text), "", 0);
    else if (take_word(&text, "ack"))
        put_frame(out, HTTP2_SETTINGS, ACK, 0, "", 0);
    else
        watch_require(false, "sample with an unknown line");
}

static void add_line(struct sample *s, char *line)
{
    s->whole |= strcmp(line, "@ whole") == 0;
    if (line[0] == '=')
        buf_printf(&s->expected, "%s\n", line + 2);
    if (line[0] != '>' && line[0] != '<')
        return;
    enum direction direction = line[0] == '>' ? TO_SERVER : TO_CLIENT;
    struct segment *last = s->segment_count ? &s->segments[s->segment_count - 1] : NULL;
    if (!last || last->direction != direction) {
        watch_require(s->segment_count < SEGMENTS_MAX, "sample with too many turns");
        last = &s->segments[s->segment_count++];
        last->direction = direction;
    }
    size_t before = last->bytes.len;
    put_line(s, direction, &last->bytes, line + 2);
    s->total += last->bytes.len - before;
}

static void sample_read(struct sample *s)
{
    FILE *in = fopen(s->path, "r");
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    watch_require(in != NULL, s->path);
    buf_puts(&s->expected, "");
    for (int d = TO_SERVER; d <= TO_CLIENT; d++)
        nghttp2_hd_deflate_new(&s->deflaters[d], 4096);
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
    for (int d = TO_SERVER; d <= TO_CLIENT; d++)
        nghttp2_hd_deflate_del(s->deflaters[d]);
    for (size_t i = 0; i < s->segment_count; i++)
        buf_free(&s->segments[i].bytes);
    buf_free(&s->expected);
    free(s->path);
    free(s);
}

/* ---- playing ---- */

/* What recorder and forwarder know of the conversation. */
struct play {
    struct watched c;
    struct frames frames;
    struct buf first; /* what came before the protocol was known */
    size_t piece, kept_max;
    size_t lost; /* the call of this number is not recorded; 0: none */
    size_t calls;
    bool gap[2];
};

static void feed(struct play *p, enum direction direction, struct run *run)
{
    struct watched *c = &p->c;
    buf_add(&p->first, run->head.data, run->head.len);
    for (const struct protocol *const *known = protocols; !c->protocol && *known; known++)
        if ((*known)->sniff(direction, (struct bytes){p->first.data, p->first.len}) == SNIFF_YES)
            c->protocol = *known;
    if (!c->protocol || c->gave_up)
        return;
    if (!c->state) {
        c->state = calloc(1, c->protocol->state_size);
        run->total += p->first.len - run->head.len;
        run->head = (struct bytes){p->first.data, p->first.len};
    }
    run->gap = p->gap[direction];
    p->gap[direction] = false;
    struct bytes head = run->head = watch_copy(run->head.data, run->head.len);
    struct protocol_listener listener = watch_listener(c->watch);
    c->gave_up = !c->protocol->feed(c->state, direction, run, &listener);
    watch_require(!c->gave_up || !c->watch->open, "gave up, but did not end what was open");
    watch_copy_free(head);
}

/* One call that moves these bytes, in pieces as of an iovec. */
static void call(struct play *p, enum direction direction, const char *bytes, size_t n)
{
    struct iovec iov[1024];
    int count = 0;
    enum record_type type = direction == TO_SERVER ? REC_RECV : REC_SEND;
    size_t piece = p->piece && n / p->piece < 1000 ? p->piece : n;
    for (size_t at = 0; at < n; at += iov[count++].iov_len)
        iov[count] = (struct iovec){(char *)(uintptr_t)bytes + at, n - at < piece ? n - at : piece};
    struct frames_cut cut;
    bool frames = frames_begin(&p->frames, type, iov, count, n, &cut);
    if (++p->calls == p->lost) {
        p->gap[direction] = true;
        frames_lose(&p->frames, type);
        return;
    }
    if (!frames) {
        feed(p, direction, &(struct run){.head = {bytes, n}, .total = n});
        return;
    }
    char *kept = malloc(p->kept_max);
    while (cut.left) {
        struct run run = {.frames = true};
        run.head.len = frames_take(&cut, kept, p->kept_max, &run.total);
        run.head.data = kept;
        feed(p, direction, &run);
    }
    free(kept);
    frames_end(&p->frames, type, &cut);
}

/* In calls that end at the turns and at these two offsets; the story of it. */
static const char *play(const struct sample *s, struct play *p, size_t cut1, size_t cut2)
{
    size_t at = 0;
    for (size_t i = 0; i < s->segment_count; i++) {
        const struct segment *segment = &s->segments[i];
        size_t end = at + segment->bytes.len, begin = at;
        while (at < end) {
            bool uncut = s->whole && segment->direction == TO_CLIENT;
            size_t to = uncut                     ? end
                        : cut1 > at && cut1 < end ? cut1
                        : cut2 > at && cut2 < end ? cut2
                                                  : end;
            call(p, segment->direction, segment->bytes.data + (at - begin), to - at);
            at = to;
        }
    }
    bool gave_up = p->c.gave_up;
    if (p->c.state)
        watched_end(&p->c);
    buf_puts(&p->c.watch->transcript, gave_up ? "gave up\n" : "");
    buf_free(&p->first);
    return p->c.watch->transcript.data;
}

static struct play play_new(struct watch *watch, size_t piece, size_t kept_max)
{
    memset(watch, 0, sizeof *watch);
    return (struct play){.c = {.watch = watch}, .piece = piece, .kept_max = kept_max};
}

static bool story_is(const struct sample *s, struct watch *watch, size_t cut1, size_t cut2)
{
    struct play p = play_new(watch, cut1 % 7, 16 + cut2 % 5000);
    const char *story = play(s, &p, cut1, cut2);
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
    size_t step = s->total > EVERY_PAIR_BYTES_MAX ? s->total / 32 : 1;
    size_t first_step = s->total > 8000 ? s->total / 1000 : 1;
    for (size_t i = 1; i < s->total; i += first_step)
        for (size_t j = i; j < s->total; j += step)
            if (!story_is(s, watch, i, j))
                return;
}

/* Whichever call is not recorded: what is told stays in order, and ends. */
static void check_losses(const struct sample *s, struct watch *watch)
{
    for (size_t lost = 1; lost <= s->segment_count + 2; lost++)
        for (size_t cut = 1; cut < s->total; cut += s->total / 50 + 1) {
            struct play p = play_new(watch, 0, 4096);
            p.lost = lost;
            play(s, &p, cut, s->total / 2);
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
    if (story_is(s, watch, 0, 0))
        check_cuts(s, watch);
    check_losses(s, watch);
    free(watch);
    sample_free(s);
}

static void test_samples(void)
{
    char folder[4000] = __FILE__;
    char *slash = strrchr(folder, '/');
    snprintf(slash ? slash : folder, 32, "%ssamples/http2", slash ? "/" : "");
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int samples = 0;
    while (dir && (entry = readdir(dir)))
        if (strstr(entry->d_name, ".txt")) {
            check_sample(folder, entry->d_name);
            samples++;
        }
    CHECK(samples >= 10);
    if (dir)
        closedir(dir);
}

int main(void)
{
    test_samples();
    return check_result();
}
