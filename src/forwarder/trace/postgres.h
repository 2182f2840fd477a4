/* Connections to PostgreSQL and the statements on them, whoever tells of them: libpq's hooks, or
 * the bytes on a socket. */
#ifndef APMSHIM_TRACE_POSTGRES_H
#define APMSHIM_TRACE_POSTGRES_H

#include "trace/state.h"

/* ---- what is known ---- */

enum pg_source { PG_LIBPQ, PG_SOCKET };

struct pg_key {
    uint64_t conn; /* the PGconn's address, or the socket's cookie */
    uint32_t pid;
    uint32_t source; /* enum pg_source */
};

/* What a statement does to the names of prepared ones once it has succeeded. */
struct pg_effect {
    char *name; /* NULL: all */
    char *sql;  /* NULL: dropped */
    struct pg_effect *next;
};

/* One statement under way on a connection. */
struct statement {
    struct live_span *span;
    bool async, pipelined;
    bool answered;   /* some of its result has come */
    bool superseded; /* another one was sent, so that its end was not seen */
    bool failed;
    bool skipped;       /* never run, as one before it failed */
    bool named, is_sql; /* by its text, which has verbs that are known */
    const char *prefix; /* of its name, before what comes from its text; static */
    const char *verb;   /* that its text begins with; NULL: unknown */
    char sqlstate[6];
    char *error, *detail, *hint, *source, *names; /* as in struct pg_said */
    bool error_cut;
    int64_t rows;      /* -1: unknown */
    uint64_t bytes;    /* copied, or passed to and from a function */
    uint64_t memory;   /* that its results take */
    uint64_t complete; /* when its last result was whole */
    struct pg_effect *effects;
    struct statement *next;
};

struct prepared {
    char *name, *sql;
    UT_hash_handle hh;
};

struct pg_connection {
    struct pg_key key;
    char *host, *db, *user;
    int port;
    int encoding;    /* the client's; -1: unknown */
    bool starting;   /* has connected, and made nothing but settings since */
    bool unreadable; /* the connection string was split where it was not meant to be */
    struct prepared *prepared;
    struct statement *statements, **last; /* oldest first */
    uint64_t connect_ns, connected_for;   /* of the last connect, and the transaction it was for */
    UT_hash_handle hh;
};

/* ---- pg_connections.c ---- */

struct pg_connection *pg_find(struct tracer *tracer, struct pg_key key);
/* Begins one that is not known. */
struct pg_connection *pg_connection_of(struct tracer *tracer, struct pg_key key);
/* Where it goes, by the words of a connection string or of a socket's address; each may be NULL.
 * What was split where it was not meant to be, as by an '@' in a password, is not kept. */
struct pg_target {
    const char *host, *port, *db, *user;
};
void pg_set_target(struct pg_connection *c, const struct pg_target *target);
/* For span_begin. */
static inline uint64_t pg_channel(const struct pg_connection *c)
{
    return c->key.conn ^ (uint64_t)c->key.pid << 48 ^ (uint64_t)c->key.source << 47;
}
void pg_finish(struct tracer *tracer, struct pg_connection *c, uint64_t time);
/* The text prepared under this name, as far as statements under way have come; NULL: unknown. */
const char *pg_prepared(const struct pg_connection *c, const char *name);
void pg_apply(struct pg_connection *c, const struct pg_effect *effects);
void pg_forget_prepared(struct pg_connection *c);

/* What is done with a server beside statements: connections, pings, cancels. */
struct pg_contact_info {
    enum outcome outcome;
    uint64_t end;
    const char *error, *code; /* code: NULL, or the SQLSTATE */
    const char *source;       /* as in struct pg_said */
    bool cut;
};
/* c: NULL if it has no connection that goes on. */
struct live_span *pg_contact_begin(struct tracer *tracer, const struct writer *writer,
    const struct pg_connection *c, enum pg_contact kind, uint64_t time);
/* Gives the span away. */
void pg_contact_end(struct tracer *tracer, struct pg_connection *c, struct live_span *span,
    const struct pg_contact_info *info);

/* ---- statements.c ---- */

struct pg_sent {
    uint32_t kind; /* enum pg_kind, but hostile */
    bool async, pipelined;
    struct bytes sql, name, params; /* in the client's encoding; params: as in struct rec_pg_send */
    uint64_t sql_total, stack_id, time;
    uint32_t function;
};
void pg_sent(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    const struct pg_sent *sent);

struct pg_got {
    bool of_last, done;
    bool certain; /* the end is this statement's, whatever was seen of it */
    int status;   /* ExecStatusType; -1: no result */
    int64_t rows;
    uint64_t bytes, memory, time, complete;
    char sqlstate[6];
    struct bytes tag;                                /* of the command that is complete */
    struct bytes error, detail, hint, source, names; /* as in struct pg_said */
    bool error_cut;
};
void pg_got(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    const struct pg_got *got);
/* Ends all statements as they stand. */
void pg_end_statements(struct tracer *tracer, struct pg_connection *c, uint64_t time);
/* Type, target and the like of a span to this server; c may be NULL. */
void pg_describe(struct live_span *span, const struct pg_connection *c);
/* Of a connection that is not known. */
void pg_describe_any(struct live_span *span);

/* ---- pg_meaning.c ---- */

/* What a statement is, and is called. */
struct pg_meaning {
    const char *action;
    const char *verb;      /* of the name, before that of the text; or all of it */
    struct bytes named_by; /* the text whose name it has; data NULL: none */
    struct bytes shown;    /* the text to be shown; data NULL: none */
    bool cut;              /* these texts go on */
    unsigned statements;   /* in it */
    struct pg_effect *effects;
    char *owned; /* what the texts may lie in; the caller frees it when it is done with them */
};
/* What a client asks for. The texts outlive the answer. */
struct pg_asked {
    uint32_t kind, function;
    const char *sql, *name;
    bool cut; /* sql goes on */
};
struct pg_meaning pg_meaning_of(
    struct tracer *tracer, const struct pg_connection *c, const struct pg_asked *asked);
void pg_effects_free(struct pg_effect *effects);

/* ---- pg_chores.c ---- */

/* Whether a driver made it by itself: an empty one, one that drops what was prepared, a setting
 * that a connection begins with. To be asked once about each. */
bool pg_is_chore(struct pg_connection *c, uint32_t kind, const struct pg_meaning *m);

#endif
