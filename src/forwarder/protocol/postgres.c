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
    s->cut = false;
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
            bool full = s->cut || s->message.len >= BODY_MAX;
            size_t room = full ? 0 : BODY_MAX - s->message.len;
            buf_add(&s->message, bytes.data, n < room ? n : room);
            s->missing -= n;
            bytes = bytes_skip(bytes, n);
        }
        if (s->length && !s->missing && !end_message(p, direction, l))
            return false;
    }
    return true;
}

/* ---- behind a gap ---- */

static void lose(struct postgres *p, enum direction direction)
{
    struct stream *s = &p->streams[direction];
    s->lost = true;
    s->cut = false;
    s->length = s->missing = 0;
    buf_clear(&s->message);
    p->ready = false;
}

/* Ends what is under way without a result, but for the newest. */
static void forget(struct postgres *p, size_t keep, const struct postgres_listener *l)
{
    bool any = false;
    for (; p->count > keep; postgres_pop(p)) {
        if (!postgres_expected(p)->reported)
            continue;
        l->statement_end(l->self);
        any = true;
    }
    if (any)
        l->lost(l->self);
    p->copied = 0;
}

/* Whether the client is known to ask only when it has its answer. */
static bool waits(const struct postgres *p)
{
    return p->waits && !p->overlaps;
}

/* Whether what a client asks behind a gap will be told from what it asked within. */
static bool may_find_question(const struct postgres *p)
{
    return waits(p) || (p->copying_in && !p->overlaps);
}

/* Bytes that passed unseen; only inside of one message is it known where the next begins. False: it
 * will not be known any more. */
static bool skip(
    struct postgres *p, enum direction direction, uint64_t n, const struct postgres_listener *l)
{
    struct stream *s = &p->streams[direction];
    if (s->length && n <= s->missing) {
        s->missing -= n;
        s->cut = true;
        return s->missing || end_message(p, direction, l); /* it has been lost with its end */
    }
    lose(p, direction);
    if (direction == TO_CLIENT) {
        p->overlaps |= p->synchronized > 1;
        return true;
    }
    if (!p->copying_in)
        l->lost(l->self);
    return may_find_question(p);
}

/* How many of the newest entries in the queue are from its last statement on. */
static size_t last_statement(const struct postgres *p)
{
    for (size_t i = p->count; i-- > 0;)
        if (p->queue[(p->first + i) % p->capacity].reported)
            return p->count - i;
    return 0;
}

/* Whether no statement is before the newest entries. */
static bool is_alone(const struct postgres *p, size_t newest)
{
    for (size_t i = 0; i + newest < p->count; i++)
        if (p->queue[(p->first + i) % p->capacity].reported)
            return false;
    return true;
}

/* The server's framing is found again by the end of its answer. All that was asked is answered
 * then, if nothing was asked behind. What is complete there is the last statement, but an error may
 * be any one's. */
static bool feed_end(struct postgres *p, struct bytes bytes, const struct postgres_listener *l)
{
    struct stream *s = &p->streams[TO_CLIENT];
    size_t whole = postgres_answer_end(bytes.data, bytes.len);
    if (!whole)
        return true; /* more is to come */
    if (p->count &&
        (!postgres_is_synchronized(postgres_newest(p)) || (p->synchronized > 1 && !waits(p))))
        return false;
    if (p->count && !p->agreed) { /* that has passed unseen */
        p->agreed = true;
        l->session(l->self, NULL);
    }
    struct bytes end = bytes_skip(bytes, bytes.len - whole);
    size_t last = p->synchronized == 1 ? last_statement(p) : 0;
    bool certain = end.data[0] == 'C' || (end.data[0] == 'E' && is_alone(p, last));
    forget(p, certain ? last : 0, l);
    p->phase = IN_SESSION;
    s->lost = false;
    return feed_bytes(p, TO_CLIENT, end, l);
}

/* The client's by what it asks once it has its answer. */
static void find_question(struct postgres *p, struct bytes bytes, const struct postgres_listener *l)
{
    if (!p->ready || !bytes.len || !postgres_asks(bytes.data, bytes.len))
        return;
    p->streams[TO_SERVER].lost = false;
    p->phase = IN_SESSION;
    postgres_forget_names(p);
    forget(p, 0, l);
}

/* Whole runs are missing. */
static bool miss(struct postgres *p, enum direction direction, const struct postgres_listener *l)
{
    lose(p, direction);
    l->lost(l->self);
    return direction == TO_SERVER ? may_find_question(p) : waits(p) || p->synchronized <= 1;
}

/* ---- runs ---- */

static bool begins_tls(const struct postgres *p, enum direction direction, const struct run *run)
{
    return direction == TO_SERVER && p->phase == AT_STARTUP && !p->streams[direction].message.len &&
           run->head.len && run->head.data[0] == 0x16;
}

static bool feed_answer(
    struct postgres *p, const struct run *run, uint64_t gap, const struct postgres_listener *l)
{
    const struct stream *s = &p->streams[TO_CLIENT];
    if (s->lost)
        return feed_end(p, gap || run->tail.len ? run->tail : run->head, l);
    if (!feed_bytes(p, TO_CLIENT, run->head, l) || (gap && !skip(p, TO_CLIENT, gap, l)))
        return false;
    return s->lost ? feed_end(p, run->tail, l) : feed_bytes(p, TO_CLIENT, run->tail, l);
}

static bool feed_question(
    struct postgres *p, const struct run *run, uint64_t gap, const struct postgres_listener *l)
{
    const struct stream *s = &p->streams[TO_SERVER];
    if (s->lost)
        find_question(p, run->head, l);
    p->ready = false;
    if (s->lost)
        return true;
    p->waits |= p->answered;
    if (!feed_bytes(p, TO_SERVER, run->head, l) || (gap && !skip(p, TO_SERVER, gap, l)))
        return false;
    return s->lost || feed_bytes(p, TO_SERVER, run->tail, l);
}

bool postgres_feed(struct postgres *p, enum direction direction, const struct run *run,
    const struct postgres_listener *l)
{
    uint64_t gap = run->total - run->head.len - run->tail.len;
    if (begins_tls(p, direction, run) || (run->gap && !miss(p, direction, l)))
        return false;
    return direction == TO_SERVER ? feed_question(p, run, gap, l) : feed_answer(p, run, gap, l);
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
