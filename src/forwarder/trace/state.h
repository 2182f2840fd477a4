/* The tracer's state, shared by the files of this folder and by nobody else. */
#ifndef APMSHIM_TRACE_STATE_H
#define APMSHIM_TRACE_STATE_H

#include <uthash.h>

#include "base/arena.h"
#include "options.h"
#include "protocol/protocol.h"
#include "recording.h"
#include "symbolize/symbolize.h"
#include "trace/model.h"
#include "trace/name_pool.h"
#include "trace/wildcard.h"

struct live_span;

/* A transaction that has begun. Held by whoever may still add to it (refs); sent once, when it has
 * ended and nobody is likely to add to it. */
struct live_transaction {
    struct arena arena; /* of all its strings */
    struct transaction event;
    struct http_context http;
    uint64_t start, end; /* ns, as in records */
    unsigned refs, open_spans;
    bool ended, sent, ignored;          /* ignored: nothing of it is sent */
    struct live_span *buffered;         /* finished span that may yet grow into a composite one */
    struct dropped_span_stats *dropped; /* of event.dropped_count entries */
    struct live_transaction *next_ended, *previous_ended;
};

/* A span that has begun, or has finished and waits to be compressed. */
struct live_span {
    struct arena arena;
    struct span event;
    struct db_context db;
    struct live_transaction *transaction;
    uint64_t start, end, stack_id;
    struct label labels[8];
};

/* One statement under way on a database connection, in the order in which they were sent. */
struct statement {
    struct live_span *span;
    bool failed, is_prepare;
    char sqlstate[6];
    char *error; /* primary message */
    int64_t rows;
    struct statement *next;
};

struct prepared {
    char *name, *sql;
    UT_hash_handle hh;
};

/* One PGconn of one process. */
struct pg_key {
    uint64_t conn;
    uint32_t pid, reserved;
};

struct pg_connection {
    struct pg_key key;
    char *host, *db, *user;
    int port;
    struct prepared *prepared;
    struct statement *statements, **last; /* oldest first */
    UT_hash_handle hh;
};

/* One request and its response on a conversation. */
struct exchange {
    uint64_t stream;
    struct live_transaction *transaction;
    struct exchange *next;
};

/* One accepted connection, whoever holds it. */
struct conversation {
    uint64_t cookie;
    uint32_t accepted_by, worked_by; /* processes; 0: none yet */
    uint64_t last_sent;              /* end of the last send */
    uint64_t closed_unused;          /* closed by somebody before anybody worked on it; 0: not */
    struct rec_address peer;
    const struct protocol *protocol; /* NULL: not known yet */
    void *state;
    struct buf first; /* what came before the protocol was known */
    uint64_t first_time;
    bool opaque;                   /* not a protocol we read */
    bool peer_left;                /* the client closed its side */
    struct exchange *exchanges;    /* unanswered, oldest first */
    struct live_transaction *last; /* answered last; statements after the response are its */
    UT_hash_handle hh;
};

struct process {
    uint32_t pid, parent;
    bool serves; /* it, or whom it was forked from, has listened or accepted */
    bool ended, exited;
    int status;
    char *exe, *argv;
    size_t argv_len;
    struct live_transaction *script;
    UT_hash_handle hh;
};

/* A span that the service began itself. */
struct own_span {
    uint64_t handle;
    struct live_span *span;
    struct own_span *next; /* the one around it */
};

struct thread_state {
    uint64_t thread; /* key */
    uint32_t pid;
    uint64_t cookie;              /* the conversation it works for; 0: none */
    struct live_transaction *own; /* begun by the service itself: goes before everything else */
    uint64_t own_handle;
    struct own_span *spans; /* innermost first */
    UT_hash_handle hh;
};

struct stack {
    uint64_t id, map_id;
    unsigned count;
    uint64_t *addresses; /* NULL once resolved */
    struct stacktrace trace;
    UT_hash_handle hh;
};

struct tracer {
    const struct options *options;
    const struct sink *sink;
    uint64_t realtime_offset;
    uint64_t now;   /* time of the newest record */
    uint64_t swept; /* when unused connections were last looked for */
    struct process *processes;
    struct thread_state *threads;
    struct conversation *conversations;
    struct pg_connection *pg_connections;
    struct stack *stacks;
    struct symbolizer *symbolizer;
    struct name_pool *names;
    struct wildcard_list *ignore_urls, *name_groups, *sanitize;
    struct live_transaction *ended; /* oldest first */
    uint64_t random[2];
};

/* ---- ids.c ---- */
uint64_t new_id(struct tracer *tracer);
struct trace_id new_trace_id(struct tracer *tracer);

/* ---- transactions.c ---- */
/* The caller holds it; a root until told otherwise. */
struct live_transaction *transaction_begin(struct tracer *tracer, const char *type, uint64_t time);
void transaction_hold(struct live_transaction *transaction);
/* NULL is allowed. */
void transaction_drop(struct tracer *tracer, struct live_transaction *transaction);
void transaction_end(struct tracer *tracer, struct live_transaction *transaction, uint64_t time);
/* Sends those that ended before this time and have nothing open; UINT64_MAX: all. */
void transactions_send_ended(struct tracer *tracer, uint64_t before);
uint64_t epoch_us(const struct tracer *tracer, uint64_t time);

/* ---- spans.c ---- */
struct live_span *span_begin(
    struct tracer *tracer, struct live_transaction *transaction, uint64_t time);
/* Finishes it: compressed, dropped or sent. Gives the span away. */
void span_end(struct tracer *tracer, struct live_span *span, uint64_t time);
void span_label(struct live_span *span, const char *key, const char *value);
/* Sends what waited for a like sibling. */
void span_flush(struct tracer *tracer, struct live_transaction *transaction);

/* ---- processes.c ---- */
struct process *process_of(struct tracer *tracer, uint32_t pid);
struct thread_state *thread_of(struct tracer *tracer, const struct writer *writer);
void process_record(struct tracer *tracer, const struct rec_process *record);
void process_exit(struct tracer *tracer, uint32_t pid, const struct rec_exit *record);
void process_free_all(struct tracer *tracer);
/* What a call of this thread belongs to; held for the caller. *ret_unassigned: it fits nowhere and
 * has become a transaction of its own, which ends with the call. */
struct live_transaction *context_of(
    struct tracer *tracer, const struct writer *writer, uint64_t time, bool *ret_unassigned);

/* ---- conversations.c ---- */
void conversation_accepted(
    struct tracer *tracer, const struct writer *writer, const struct rec_socket *record);
void conversation_run(
    struct tracer *tracer, const struct writer *writer, const struct rec_run *run);
void conversation_closed(struct tracer *tracer, uint32_t pid, uint64_t cookie, uint64_t time);
/* The process can no longer answer anything. */
void conversations_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time);
void conversations_forget_unused(struct tracer *tracer, uint64_t before);
void conversations_end_all(struct tracer *tracer, uint64_t time);

/* ---- http.c ---- */
struct turn; /* what conversations.c passes through a protocol to its listener */
struct live_transaction *http_transaction(struct tracer *tracer,
    const struct conversation *conversation, const struct request_info *request, uint64_t time);
void http_response(struct tracer *tracer, struct live_transaction *transaction,
    const struct response_info *response);
/* No status was seen by the end of the exchange. */
void http_unanswered(struct live_transaction *transaction, bool peer_left, bool killed);

/* ---- statements.c ---- */
void pg_record(struct tracer *tracer, const struct writer *writer, const struct record *record);
void pg_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time);

/* ---- api.c ---- */
void api_record(struct tracer *tracer, const struct writer *writer, const struct rec_api *record);
/* Ends what the thread began itself and did not end. */
void api_end_thread(struct tracer *tracer, struct thread_state *thread, uint64_t time);

/* ---- stacks.c ---- */
void stack_record(struct tracer *tracer, const struct rec_stack *record);
void modules_record(struct tracer *tracer, uint32_t pid, const struct rec_modules *record);
/* NULL: unknown id, or none. Lives as long as the tracer. */
const struct stacktrace *stack_of(struct tracer *tracer, uint64_t stack_id);
void stacks_free(struct tracer *tracer);

#endif
