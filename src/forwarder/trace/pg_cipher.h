/* A connection to PostgreSQL whose TLS can't be read: what is known is when its client sent, when
 * it received, and how much. Once it has a session, what it sends until it is answered is a call of
 * unknown content; there may be several statements in it. When it has one, is told from the size of
 * an answer: the server then tells all its settings. */
#ifndef APMSHIM_TRACE_PG_CIPHER_H
#define APMSHIM_TRACE_PG_CIPHER_H

#include "trace/postgres.h"

/* All-zero: nothing has passed. */
struct pg_cipher {
    uint64_t sent, received;  /* bytes */
    unsigned turns;           /* of the client */
    bool answering;           /* the server has sent last */
    bool handshakes;          /* what it sends is a handshake in the clear */
    uint64_t answer;          /* bytes of it, so far */
    uint64_t asked, answered; /* when the client began to send, and received last */
    uint64_t stack_id;        /* of what it sent */
    bool has_session;
    struct live_span *call; /* is being answered */
};

/* Bytes have passed. */
void pg_cipher_run(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    struct pg_cipher *cipher, const struct rec_run *run, uint64_t stack_id);
/* The answer is over, as the client sends again or nothing more has come. True: it has got its
 * session by it. */
bool pg_cipher_answered(struct tracer *tracer, struct pg_cipher *cipher);
/* What can be said of making the connection. */
void pg_cipher_label(struct live_span *span, const struct pg_cipher *cipher);

#endif
