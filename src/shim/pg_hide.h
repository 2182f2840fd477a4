/* Of what a client and PostgreSQL tell each other, the recorder keeps what the forwarder reads:
 * passwords, bound values, rows, COPY data and what options switch off never get into the ring.
 * (PostgreSQL's documentation, "Frontend/Backend Protocol".) Plain memory, no locks: each direction
 * of a connection is used by one thread at a time, or is told as lost. */
#ifndef APMSHIM_SHIM_PG_HIDE_H
#define APMSHIM_SHIM_PG_HIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One direction of a connection; all-zero at its beginning. */
struct pg_side {
    uint32_t left;     /* bytes of the message still to come; 0: a header comes */
    uint32_t passed;   /* of its body */
    uint8_t header[5]; /* as far as it has come */
    uint8_t have, type;
    uint8_t strings; /* of its body that have ended */
    uint8_t matched; /* letters of a setting's name that are those of the one that is kept */
    char field;      /* of an error that is under way; 0: its type comes */
    bool lost;       /* where the next message begins is not known */
};

struct pg_session {
    struct pg_side sides[2]; /* from the client, from the server */
    uint32_t code;           /* what the client's first message asks for */
    uint8_t phase;
    bool ready; /* the server has said so last, and the client nothing since */
};

/* What is to be kept. */
struct pg_kept {
    bool statements; /* texts of statements, and the server's messages about them */
    bool detail;     /* DETAIL and HINT of errors */
};

/* What has been copied of the bytes that have passed: the first, and the last behind a gap. */
struct pg_copied {
    char *head, *tail;
    size_t head_len, tail_len;
    uint64_t gap;
};

/* Overwrites what is not to be kept, lengths and signs of messages left as they are. */
void pg_hide(struct pg_session *session, bool from_server, const struct pg_copied *copied,
    const struct pg_kept *kept);
/* Whether the client has asked for a session: it can turn to TLS no more. */
bool pg_in_session(const struct pg_session *session);
/* Bytes have passed of which nothing is known. */
void pg_hide_lost(struct pg_session *session, bool from_server);

#endif
