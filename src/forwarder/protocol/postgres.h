/* PostgreSQL's wire protocol, version 3, as a client speaks it (PostgreSQL's documentation,
 * "Frontend/Backend Protocol"): a pure function of state and runs, like the parsers of protocol.h,
 * with a listener of its own because what is asked are statements.
 *
 * Statements are reported in the order in which they are sent, and ended in that order.
 *
 * Where bytes are missing, nothing is guessed: what was under way ends without a result, and the
 * framing is found again behind an answer's end: that of the server by it, that of the client by
 * what it asks next. That holds for clients that wait for each answer. Of one that does not (which
 * has sent its next Sync or Query before) it is not known which answers were lost; where that
 * matters it is given up. */
#ifndef APMSHIM_PROTOCOL_POSTGRES_H
#define APMSHIM_PROTOCOL_POSTGRES_H

#include "protocol/protocol.h"

struct postgres;

struct postgres_statement {
    enum {
        POSTGRES_QUERY,
        POSTGRES_PREPARE,
        POSTGRES_EXECUTE,
        POSTGRES_UNNAMED,
        POSTGRES_FUNCTION
    } kind;
    struct bytes sql;   /* of UNNAMED: the text that was parsed without a name */
    uint64_t sql_total; /* its true length */
    struct bytes name;  /* of PREPARE and EXECUTE */
    uint32_t function;
};

/* Parts of the answer to the oldest statement that was sent and not ended. */
struct postgres_result {
    enum { POSTGRES_DONE, POSTGRES_FAILED, POSTGRES_SKIPPED } outcome; /* skipped: after an error */
    int64_t rows;     /* -1: the server did not say */
    uint64_t copied;  /* bytes of COPY */
    struct bytes tag; /* of the command that is complete */
    struct bytes sqlstate, message, detail, hint;
    struct bytes source; /* the server's function that says it */
    struct bytes names;  /* of what it is about, each ended by a line's end */
    bool cut;            /* not all of the message was kept */
};

struct postgres_listener {
    /* The server was asked for a session, and has agreed to it (or, with a message, not). */
    void (*startup)(void *self, struct bytes user, struct bytes database);
    void (*session)(void *self, const struct postgres_result *refusal); /* NULL: agreed */
    /* In place of a session: what another connection does is to be cancelled. */
    void (*cancel)(void *self);
    void (*client_encoding)(void *self, struct bytes name);
    void (*statement)(void *self, const struct postgres_statement *statement);
    void (*result)(void *self, const struct postgres_result *result);
    void (*statement_end)(void *self);
    /* Bytes are missing, and with them statements, or results of those that have been told. */
    void (*lost)(void *self);
    void *self;
};

struct postgres *postgres_new(void);
/* False: it is not, or no longer, understood (encrypted, or too much is missing); never to be
 * called again. What is under way has no end then. */
bool postgres_feed(struct postgres *state, enum direction direction, const struct run *run,
    const struct postgres_listener *listener);
void postgres_free(struct postgres *state);

#endif
