/* Conversations from a folder of samples, each cut at every pair of offsets: the story stays the
 * same.
 */
#ifndef APMSHIM_TESTS_PROTOCOL_SAMPLES_H
#define APMSHIM_TESTS_PROTOCOL_SAMPLES_H

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
    const struct protocol *protocol;
    char *path;
    struct segment segments[SEGMENTS_MAX];
    size_t segment_count, total;
    struct buf expected;
    size_t head_max, tail_max;
    bool gaps;
};

static inline const char *unescape_one(const char *text, struct buf *out)
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

static inline void add_bytes(struct sample *s, enum direction direction, const char *text)
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

static inline void add_line(struct sample *s, const char *line)
{
    if (line[0] == '@')
        s->gaps = sscanf(line + 1, "%zu %zu", &s->head_max, &s->tail_max) == 2;
    else if (line[0] == '>' || line[0] == '<')
        add_bytes(s, line[0] == '>' ? TO_SERVER : TO_CLIENT, line + 2);
    else if (line[0] == '=')
        buf_printf(&s->expected, "%s\n", line + 2);
}

static inline void sample_read(struct sample *s)
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

static inline void sample_free(struct sample *s)
{
    for (size_t i = 0; i < s->segment_count; i++)
        buf_free(&s->segments[i].bytes);
    buf_free(&s->expected);
    free(s->path);
    free(s);
}

/* Feeds it in calls that end at the turns and at these two offsets. */
static inline void play(const struct sample *s, struct watched *c, size_t cut1, size_t cut2)
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

static inline bool story_is(const struct sample *s, struct watch *watch, size_t cut1, size_t cut2)
{
    struct watched c;
    watched_begin(&c, s->protocol, watch);
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

static inline void check_cuts(const struct sample *s, struct watch *watch)
{
    size_t step = s->total > EVERY_PAIR_BYTES_MAX ? s->total / 64 : 1;
    for (size_t i = 1; i < s->total; i++)
        for (size_t j = i; j < s->total; j += step)
            if (!story_is(s, watch, i, j))
                return;
}

/* Whatever is missing, the order of the reports stays as promised. */
static inline void check_gaps(const struct sample *s, struct watch *watch)
{
    for (size_t kept = 0; kept < 64 * 16; kept++) {
        struct watched c;
        watched_begin(&c, s->protocol, watch);
        watch->silent = true;
        c.head_max = kept / 16 * 3;
        c.tail_max = kept % 16;
        play(s, &c, kept % (s->total + 1), s->total / 2);
        watched_end(&c);
        buf_free(&watch->transcript);
        check_count++;
    }
}

static inline void check_sample(
    const struct protocol *protocol, const char *folder, const char *name)
{
    struct sample *s = calloc(1, sizeof *s);
    s->protocol = protocol;
    struct watch *watch = calloc(1, sizeof *watch);
    watch_require(asprintf(&s->path, "%s/%s", folder, name) > 0, "no memory");
    sample_read(s);
    if (story_is(s, watch, 0, 0) && !s->gaps)
        check_cuts(s, watch);
    check_gaps(s, watch);
    free(watch);
    sample_free(s);
}

/* Those of samples/NAME beside this file, NAME being the protocol's; at least so many. */
static inline void check_samples(const struct protocol *protocol, int least)
{
    char folder[4000] = __FILE__;
    char *slash = strrchr(folder, '/');
    snprintf(slash ? slash : folder, 64, "%ssamples/%s", slash ? "/" : "", protocol->name);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int samples = 0;
    while (dir && (entry = readdir(dir)))
        if (strstr(entry->d_name, ".txt")) {
            check_sample(protocol, folder, entry->d_name);
            samples++;
        }
    CHECK(samples >= least);
    if (dir)
        closedir(dir);
}

#endif
