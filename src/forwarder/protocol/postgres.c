/* Messages out of runs, cut anywhere and with bytes left out. */
#include "protocol/postgres_state.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { BODY_MAX = 12 * 1024, LENGTH_MAX = 1 << 30 };

static size_t header_size(const struct postgres *p, enum direction direction)
{
    return direction == TO_SERVER && p->phase != IN_SESSION ? 4 : HEADER;
}

/* Takes bytes for the message under way; false: it can't be one. */
static bool begin_message(struct stream *s, size_t header)
{
    uint32_t length = postgres_number(s->message.data + header - 4);
    if (length < 4 || length > LENGTH_MAX)
        return false;
    s->length = header - 4 + length;
    s->missing = s->length - header;
    return true;
}

static bool end_message(
    struct postgres *p, enum direction direction, const struct postgres_listener *l)
{
    struct stream *s = &p->streams[direction];
    bool fine = postgres_message(p, direction, l);
    buf_clear(&s->message);
    s->length = s->missing = 0;
    return fine;
}

static bool feed_bytes(struct postgres *p, enum direction direction, struct bytes bytes,
    const struct postgres_listener *l)
{
    struct stream *s = &p->streams[direction];
    while (bytes.len) {
        size_t header = header_size(p, direction);
        if (direction == TO_CLIENT && p->phase == AT_ANSWER) { /* S, G or N, without a length */
            p->phase = AT_STARTUP;
            bytes = bytes_skip(bytes, 1);
            continue;
        }
        if (!s->length) {
            size_t wanted = header - s->message.len, n = bytes.len < wanted ? bytes.len : wanted;
            buf_add(&s->message, bytes.data, n);
            bytes = bytes_skip(bytes, n);
            if (s->message.len == header && !begin_message(s, header))
                return false;
        } else {
            size_t n = bytes.len < s->missing ? bytes.len : (size_t)s->missing;
            size_t room = s->message.len < BODY_MAX ? BODY_MAX - s->message.len : 0;
            buf_add(&s->message, bytes.data, n < room ? n : room);
            s->missing -= n;
            bytes = bytes_skip(bytes, n);
        }
        if (s->length && !s->missing && !end_message(p, direction, l))
            return false;
    }
    return true;
}

/* Bytes that passed unseen; only inside of one message is it known where the next begins. */
static void skip(struct stream *s, uint64_t n)
{
    if (s->length && n <= s->missing) {
        s->missing -= n;
        return;
    }
    s->lost = true;
    s->length = s->missing = 0;
    buf_clear(&s->message);
}

/* What ends an answer is of the last statement before the next synchronization. */
static void forget_answered(struct postgres *p, const struct postgres_listener *l)
{
    size_t keep = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct expected *e = &p->queue[(p->first + i) % p->capacity];
        if (e->what == WANTS_SYNC)
            break;
        if (e->reported)
            keep = i;
        if (e->what == WANTS_QUERY)
            break;
    }
    for (; keep; keep--) {
        if (postgres_expected(p)->reported)
            l->statement_end(l->self);
        postgres_pop(p);
    }
}

/* After a gap in an answer, its end is found again. */
static bool feed_after_gap(struct postgres *p, enum direction direction, struct bytes tail,
    const struct postgres_listener *l)
{
    struct stream *s = &p->streams[direction];
    if (!s->lost)
        return feed_bytes(p, direction, tail, l);
    if (direction == TO_SERVER)
        return false;
    size_t whole = postgres_answer_end(tail.data, tail.len);
    if (!whole)
        return true; /* more is to come */
    s->lost = false;
    forget_answered(p, l);
    return feed_bytes(p, direction, bytes_skip(tail, tail.len - whole), l);
}

bool postgres_feed(struct postgres *p, enum direction direction, const struct run *run,
    const struct postgres_listener *l)
{
    struct stream *s = &p->streams[direction];
    uint64_t gap = run->total - run->head.len - run->tail.len;
    if (direction == TO_SERVER && p->phase == AT_STARTUP && !s->message.len && run->head.len &&
        run->head.data[0] == 0x16)
        return false; /* TLS */
    if (s->lost)
        return feed_after_gap(p, direction, run->tail.len ? run->tail : run->head, l);
    if (!feed_bytes(p, direction, run->head, l))
        return false;
    if (gap)
        skip(s, gap);
    /* A message that ended within the gap has been lost with its end. */
    if (gap && !s->lost && s->length && !s->missing && !end_message(p, direction, l))
        return false;
    return feed_after_gap(p, direction, run->tail, l);
}

struct postgres *postgres_new(void)
{
    return xcalloc(1, sizeof(struct postgres));
}

void postgres_free(struct postgres *p)
{
    buf_free(&p->streams[TO_SERVER].message);
    buf_free(&p->streams[TO_CLIENT].message);
    buf_free(&p->names);
    buf_free(&p->unnamed);
    free(p->queue);
    free(p);
}
