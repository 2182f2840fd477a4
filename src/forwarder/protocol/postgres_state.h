/* The parser's state, shared by its two files: postgres.c puts messages together,
 * postgres_session.c reads them. */
#ifndef APMSHIM_PROTOCOL_POSTGRES_STATE_H
#define APMSHIM_PROTOCOL_POSTGRES_STATE_H

#include "base/buf.h"
#include "protocol/postgres.h"
#include "wire/postgres.h"

enum { HEADER = POSTGRES_HEADER, PORTALS = 8, NAME_BYTES = 64 };

struct portal {
    char name[NAME_BYTES], statement[NAME_BYTES];
    bool suspended, used;
};

/* What the server will answer to, in order. */
enum wanted { WANTS_QUERY, WANTS_PARSE, WANTS_EXECUTE, WANTS_FUNCTION, WANTS_OTHER, WANTS_SYNC };

struct expected {
    enum wanted what;
    bool reported;         /* the listener knows it as a statement */
    struct portal *portal; /* of WANTS_EXECUTE; NULL: not known */
};

/* The messages of one direction, put together again from runs. */
struct stream {
    struct buf message; /* header and body, as far as it is kept */
    uint64_t missing;   /* bytes of this message still to come */
    uint64_t length;    /* of this message, with its type */
    bool cut;           /* no more of it is kept: bytes have passed unseen */
    bool lost;          /* where the next message begins is not known */
};

struct postgres {
    struct stream streams[2];                         /* by direction */
    enum { AT_STARTUP, AT_ANSWER, IN_SESSION } phase; /* AT_ANSWER: to a request for encryption */
    bool agreed;
    bool ready;             /* the server has said so last, and the client nothing since */
    bool answered;          /* all that the client is known to have asked, once */
    bool waits;             /* then it has asked on */
    bool overlaps;          /* it has asked on before, once */
    bool forgot;            /* portals may be open that are not known */
    bool copying_in;        /* the server takes COPY data, and passes over Syncs */
    struct expected *queue; /* a ring */
    size_t first, count, capacity;
    size_t synchronized; /* of them */
    struct buf names;    /* that the error read last tells */
    struct buf unnamed;  /* the text parsed without a name */
    uint64_t unnamed_total;
    struct portal portals[PORTALS];
    unsigned next_portal;
    uint64_t copied;
};

/* The oldest answer that is waited for; NULL: none. */
static inline struct expected *postgres_expected(const struct postgres *p)
{
    return p->count ? &p->queue[p->first] : NULL;
}

/* The newest one; there is one. */
static inline struct expected *postgres_newest(const struct postgres *p)
{
    return &p->queue[(p->first + p->count - 1) % p->capacity];
}

/* Whether the server ends its answer to this with ReadyForQuery. */
static inline bool postgres_is_synchronized(const struct expected *e)
{
    return e->what == WANTS_SYNC || e->what == WANTS_QUERY || e->what == WANTS_FUNCTION;
}

static inline void postgres_pop(struct postgres *p)
{
    p->synchronized -= postgres_is_synchronized(&p->queue[p->first]);
    p->first = (p->first + 1) % p->capacity;
    p->count--;
}

/* The server will not answer to the Syncs that were sent last. */
static inline void postgres_unsend_syncs(struct postgres *p)
{
    for (; p->count && postgres_newest(p)->what == WANTS_SYNC; p->count--)
        p->synchronized--;
}

static inline void postgres_forget_names(struct postgres *p)
{
    buf_clear(&p->unnamed);
    p->unnamed_total = 0;
    for (unsigned i = 0; i < PORTALS; i++)
        p->portals[i].used = false;
    p->forgot = true;
}

/* Takes the whole message of that direction; false: it is not understood. */
bool postgres_message(
    struct postgres *p, enum direction direction, const struct postgres_listener *l);

#endif
