/* Writes conversations in PostgreSQL's protocol. */
#ifndef APMSHIM_TESTS_POSTGRES_TALK_H
#define APMSHIM_TESTS_POSTGRES_TALK_H

#include "base/buf.h"
#include "protocol/protocol.h"

/* One direction's bytes in turn; messages are written as type, body. */
struct part {
    enum direction direction;
    struct buf bytes;
};

static inline void put_length(struct buf *b, size_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_putc(b, (char)(n >> shift));
}

static inline void message(struct part *p, char type, const char *body, size_t len)
{
    if (type)
        buf_putc(&p->bytes, type);
    put_length(&p->bytes, len + 4);
    buf_add(&p->bytes, body, len);
}

#define MESSAGE(part, type, literal) message(part, type, literal, sizeof(literal) - 1)

enum { PARTS_MAX = 64 };

struct talk {
    struct part parts[PARTS_MAX];
    size_t count;
};

static inline struct part *says(struct talk *t, enum direction direction)
{
    struct part *p = &t->parts[t->count++];
    *p = (struct part){.direction = direction};
    return p;
}

static inline void begin_session(struct talk *t)
{
    struct part *c = says(t, TO_SERVER), *s;
    MESSAGE(c, 0, "\x04\xd2\x16\x2f"); /* SSLRequest */
    s = says(t, TO_CLIENT);
    buf_putc(&s->bytes, 'N');
    c = says(t, TO_SERVER);
    MESSAGE(c, 0, "\0\3\0\0user\0anna\0database\0shop\0\0");
    s = says(t, TO_CLIENT);
    MESSAGE(s, 'R', "\0\0\0\0");
    MESSAGE(s, 'S', "client_encoding\0LATIN1\0");
    MESSAGE(s, 'K', "\0\0\0\1\0\0\0\2");
    MESSAGE(s, 'Z', "I");
}

static inline void talk_free(struct talk *t)
{
    for (size_t i = 0; i < t->count; i++)
        buf_free(&t->parts[i].bytes);
}

#endif
