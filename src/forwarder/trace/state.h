/* The tracer's state, shared by the files of this folder and by nobody else. */
#ifndef APMSHIM_TRACE_STATE_H
#define APMSHIM_TRACE_STATE_H

#include <uthash.h>

#include "base/arena.h"
#include "options.h"
#include "protocol/protocol.h"
#include "recording.h"
#include "symbolize/code.h"
#include "symbolize/source.h"
#include "symbolize/symbolize.h"
#include "trace/address.h"
#include "trace/model.h"
#include "trace/name_pool.h"
#include "trace/parameter_studies.h"
#include "trace/privacy.h"
#include "base/wildcard.h"

struct live_span;
struct name_parameters; /* trace/name_parameters.h */
struct route_view;      /* trace/route_views.h */
struct routes;          /* trace/routes.h */
struct work;

struct interval {
    uint64_t start, end; /* ns, as in records */
};

/* A transaction's spans of one type and subtype. */
struct span_kind {
    const char *type, *subtype;
    uint64_t count, sum_ns;
};

/* A transaction that has begun. Held by whoever may still add to it (refs); sent once, when it has
 * ended and nobody is likely to add to it. */
struct live_transaction {
    struct arena arena; /* of all its strings */
    struct transaction event;
    struct http_context http;
    uint64_t start, end;     /* ns, as in records */
    uint32_t pid;            /* whose request it is; 0: not one */
    uint64_t thread, cookie; /* who received it, on which conversation */
    uint32_t tid;            /* the kernel's id of that thread */
    unsigned refs, open_spans;
    struct live_span *open;   /* begun and not ended */
    struct live_span *failed; /* ended, of which no error was sent yet; of errors.c */
    unsigned failed_count;
    bool ended, sent, ignored; /* ignored: nothing of it is sent */
    bool touched;              /* a call or a response was seen to be its own */
    bool grpc;
    bool may_call; /* JSON-RPC: its body may say what it calls */
    bool calls;    /* and has */
    char *body;    /* the first bytes of it; NULL: none yet */
    size_t body_len;
    bool named;                    /* by its view, or by who must know */
    const char *route;             /* of its path and parameters; NULL: named otherwise */
    bool route_settled;            /* by its answer */
    uint64_t scope;                /* whose route it is */
    const char *view;              /* that one of its statements came from; NULL: none */
    struct route_view *route_view; /* of its route; NULL: not settled, or not known */
    struct signature done;
    uint64_t view_wait;                 /* until when another request may tell its view; 0: not */
    struct live_span *buffered;         /* finished span that may yet grow into a composite one */
    struct dropped_span_stats *dropped; /* of event.dropped_count entries */
    struct interval *covered;           /* by its spans: sorted, disjoint */
    size_t covered_count, kind_count;
    struct span_kind kinds[8];
    struct live_transaction *next_ended, *previous_ended;
    struct live_transaction *next_open, *previous_open; /* requests that are not answered */
};

/* A span that has begun, or has finished and waits to be compressed. */
struct live_span {
    struct arena arena;
    struct span event;
    struct db_context db;
    struct live_transaction *transaction; /* NULL: not known yet */
    struct work *work;                    /* then this */
    struct live_transaction *candidate;   /* the only request that it can be of */
    struct live_span *next, *previous;    /* in its transaction's or its work's list */
    uint64_t start, end, stack_id;
    uint32_t pid, tid; /* tid: of the thread whose task made the call; 0: the thread itself did */
    uint64_t channel;  /* what it occupies until its result is read; 0: the thread waits for it */
    bool chore;        /* counted instead of sent if it succeeds */
    bool by_worker;    /* called by a thread that others hand requests to */
    bool sent;
    const char *attribution; /* the weak rule that found its transaction; NULL: none needed */
    const struct call_failure *failure; /* NULL: none */
    struct label labels[12];
};

/* What a call's error event says; lives in its span's arena. */
struct call_failure {
    const char *type, *message, *code, *module;
    const char *detail, *hint; /* NULL or empty: not to be told */
    bool fatal;                /* the request ended by it, whatever was answered */
};

/* Calls of one thread whose request is not known yet, or was found out late. */
struct work {
    struct live_transaction *transaction; /* NULL: not settled */
    struct live_transaction *fallback;    /* whose it is if nobody claims it; NULL: nobody's */
    struct live_span *open, *waiting;     /* without and with an end */
    unsigned refs, waiting_count;
    uint32_t pid;
    bool chained;  /* each call followed the result of the one before, on the same connection */
    bool doubtful; /* by a thread that had received other requests, too */
    bool hopeless; /* nothing that comes can tell */
    uint64_t last_call;
    struct work *next, *prev;
};

struct pg_connection; /* trace/postgres.h */
struct pg_socket;     /* trace/pg_socket.c */

/* One request and its response on a conversation. */
struct exchange {
    uint64_t stream;
    struct live_transaction *transaction;
    bool withdrawn; /* by the client */
    bool unseen;    /* bytes of its answer passed that are not at hand */
    struct exchange *next;
};

/* One accepted connection, whoever holds it. */
struct conversation {
    uint64_t cookie;
    uint32_t accepted_by, worked_by; /* processes; 0: none yet */
    uint64_t last_sent;              /* end of the last send */
    uint64_t asked;                  /* when what was received since then began; 0: nothing was */
    uint64_t closed_unused;          /* closed by somebody before anybody worked on it; 0: not */
    char peer[ADDRESS_TEXT_MAX];     /* its address as text; empty: none */
    uint16_t port;                   /* it was accepted on; 0: unknown, or none */
    bool is_local;                   /* over a Unix socket */
    const struct protocol *protocol; /* NULL: not known yet */
    void *state;
    struct buf first; /* what came before the protocol was known, all in one direction */
    enum direction first_direction;
    uint64_t first_time, first_total; /* total: bytes, of which only the first may be kept */
    bool odd;                         /* only the answer can tell what they are */
    struct buf answer;                /* while it is too short for that */
    bool proxied;                     /* a PROXY protocol header was taken off */
    bool opaque;                      /* not a protocol we read */
    bool tls, plain;                  /* plain: what it says in the clear was seen */
    uint64_t tls_begun;               /* ns, as in records */
    uint64_t sent;                    /* bytes that were told of */
    bool counted;                     /* since it began */
    bool lost;                        /* bytes that would tell how its requests were answered */
    bool peer_left;                   /* the client closed its side */
    bool multiplexed;                 /* requests are answered in any order */
    uint64_t current;              /* stream that the last bytes received were of; 0: of several */
    struct exchange *exchanges;    /* unanswered, oldest first */
    struct live_transaction *last; /* answered last; statements after the response are its */
    UT_hash_handle hh;
};

struct listener {
    uint64_t cookie;
    uint16_t port; /* 0: none, a Unix socket */
    UT_hash_handle hh;
};

struct process {
    uint32_t pid, parent;
    bool serves;  /* it, or whom it was forked from, has listened or accepted */
    bool started; /* it has had a transaction of what it did before its first request, or none */
    /* How often the request that a chain of calls began with was the one answered at its end. */
    unsigned chains_kept, chains_broken;
    bool ended, exited;
    int status;
    char *exe, *argv;
    size_t argv_len;
    struct code_roots roots;
    uint32_t program; /* the same for all that run its file */
    bool is_python;
    uint64_t map_id, map_before; /* of its modules, and the one before; 0: none */
    uint64_t map_since;
    struct live_transaction *script; /* or its start, if it serves; NULL: none, or over */
    UT_hash_handle hh;
};

/* A span that the service began itself. */
struct own_span {
    uint64_t handle;
    struct live_span *span;
    struct own_span *next; /* the one around it */
};

/* A thread, or what tasks.c takes for one. */
struct thread_state {
    uint64_t thread; /* key */
    uint32_t pid;
    uint64_t used, received; /* last; received: bytes of a request, 0: never */
    /* What it works for: the first of these that is set. */
    struct work *work;
    struct live_transaction *transaction;
    uint64_t cookie;  /* the conversation it last received on */
    uint64_t channel; /* whose result it got last; 0: it received a request since */
    struct live_transaction *answered; /* last; NULL: none */
    bool acted; /* made a call or sent bytes of a response since it received something */
    /* What it has received before that, one after the other: requests, and results of others. */
    unsigned requests, results;
    /* How often it first answered the request it was taken to work for, and another one. */
    unsigned answers_fit, answers_misfit;
    bool independent;             /* has made calls while no request was open */
    struct live_transaction *own; /* begun by the service itself: goes before everything else */
    uint64_t own_handle;
    struct own_span *spans; /* innermost first */
    bool crowded; /* its conversation does not tell for which of several requests it works */
    UT_hash_handle hh;
};

struct stack {
    uint64_t id, map_id;
    unsigned count, code_count;
    uint64_t *addresses; /* NULL once resolved */
    struct rec_code_frame *code;
    struct code_roots roots;
    struct stacktrace trace;
    const char *view; /* NULL: none */
    bool view_known;
    UT_hash_handle hh;
};

/* What passed and could not be read. */
enum unread {
    UNREAD_PART,     /* of a connection to PostgreSQL; what follows is read again */
    UNREAD_REST,     /* of one */
    UNREAD_PG_TLS,   /* one that is ciphered by a library that is not known */
    UNREAD_REQUESTS, /* of an accepted connection, to its end */
    UNREAD_TLS,      /* an accepted connection, by a library that is not known */
    UNREAD_IO_URING, /* a service that moves bytes by it */
    UNREAD_KINDS
};

struct unread_count {
    uint64_t all, sent; /* sent: as metrics */
};

struct tracer {
    const struct options *options;
    const struct sink *sink;
    uint64_t realtime_offset;
    uint64_t now; /* time of the newest record */
    uint64_t ticked;
    uint64_t swept; /* when unused connections were last looked for */
    uint64_t silence_swept;
    struct process *processes;
    struct thread_state *threads;
    struct conversation *conversations;
    struct listener *listeners;
    struct unread_count unread[UNREAD_KINDS];
    struct pg_connection *pg_connections;
    struct pg_socket *pg_sockets;
    struct stack *stacks;
    uint64_t stacks_refused;
    struct module_map *maps; /* trace/maps.h */
    uint64_t maps_swept, maps_refused;
    struct symbolizer *symbolizer;
    struct code_table *code;
    struct source_cache *sources;
    struct name_pool *names;
    struct statement_texts *texts;
    struct framework framework; /* of the service, once it was seen */
    struct wildcard_list *ignore_urls, *name_groups, *path_templates, *app_modules;
    struct name_parameters *name_parameters;
    struct parameter_studies *parameter_studies;
    struct routes *routes;
    struct route_views *route_views;
    bool views_seen;
    struct privacy privacy;
    struct live_transaction *ended;    /* in order of their ends */
    struct live_transaction *requests; /* not answered yet */
    struct work *unsettled;            /* oldest first */
    unsigned unsettled_count;
    struct channel *channels;
    struct breakdown *breakdowns; /* since they were sent last */
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
/* For span_begin: making a connection is no request's work. */
#define CHANNEL_SETUP UINT64_MAX
/* A call of this thread; what it belongs to may come out later. channel: the connection that it
 * occupies, unique in the tracer; 0: none, or the thread waits for the result. */
struct live_span *span_begin(
    struct tracer *tracer, const struct writer *writer, uint64_t channel, uint64_t time);
/* Gives the span away: it is finished once it is known what it belongs to. */
void span_end(struct tracer *tracer, struct live_span *span, uint64_t time);
/* An error event goes with it. Copies the strings. */
void span_fail(struct live_span *span, const struct call_failure *failure);
/* For work.c: compressed, dropped or sent. Gives the span away. */
void span_finish(struct tracer *tracer, struct live_span *span);
void span_label(struct live_span *span, const char *key, const char *value);
void span_label_number(struct live_span *span, const char *key, double value);
/* Sends what waited for a like sibling. */
void span_flush(struct tracer *tracer, struct live_transaction *transaction);

/* ---- unread.c ---- */
/* Counts it; the first of its kind is said in the log. */
void unread_note(struct tracer *tracer, enum unread kind);
/* Sends how many there were since they were sent last. */
void unread_send(struct tracer *tracer);
/* Says how many there were. */
void unread_log(const struct tracer *tracer);

/* ---- errors.c ---- */
/* An error event is due, of a span that is done with. Gives the span away. */
void error_hold(struct tracer *tracer, struct live_span *span);
/* One of no span: of the request itself, which did not survive it. */
void error_of_request(struct tracer *tracer, struct live_transaction *transaction,
    const struct call_failure *failure, const char *culprit, uint64_t time);
/* No more is to be learned of the transaction. */
void errors_send(struct tracer *tracer, struct live_transaction *transaction);

/* ---- breakdown.c ---- */
/* A span of this transaction has ended, whether it is sent or not. */
void breakdown_span(
    struct tracer *tracer, struct live_transaction *transaction, const struct live_span *span);
/* The transaction is being sent. */
void breakdown_transaction(struct tracer *tracer, struct live_transaction *transaction);
/* Sends what was summed up, and begins anew. */
void breakdown_send(struct tracer *tracer);

/* ---- processes.c ---- */
/* NULL: nothing was seen of it, or it has ended; process_of makes it then. */
struct process *process_known(const struct tracer *tracer, uint32_t pid);
struct process *process_of(struct tracer *tracer, uint32_t pid);
struct thread_state *thread_of(struct tracer *tracer, const struct writer *writer);
/* Ends what it has begun itself. */
void thread_free(struct tracer *tracer, struct thread_state *thread, uint64_t time);
void process_record(struct tracer *tracer, const struct rec_process *record);
void process_exit(struct tracer *tracer, uint32_t pid, const struct rec_exit *record);
void process_free_all(struct tracer *tracer);
/* The transaction of a process that serves nobody, or of what one that does calls before its first
 * request; borrowed. NULL: it has started. */
struct live_transaction *script_of(struct tracer *tracer, struct process *process, uint64_t time);
/* It listens or has accepted a connection, or (asked) bytes passed over one. */
void process_serves(struct tracer *tracer, uint32_t pid, bool asked, uint64_t time);
/* Ends the starts of processes that have done nothing more for some time. */
void processes_tick(struct tracer *tracer, uint64_t now);

/* ---- tasks.c ---- */
/* As who a thread writes that is in this task (see TASK_IS_STACK); gets_request: bytes of one. */
struct writer writer_in_task(
    const struct tracer *tracer, const struct writer *thread, uint64_t task, bool gets_request);
bool thread_is_task(const struct thread_state *thread);
/* Tasks that have ended do not say so. */
void tasks_forget_unused(struct tracer *tracer, uint64_t before);

/* ---- channels.c ---- */
/* The result of an asynchronous call was read. */
void channel_brought(struct tracer *tracer, const struct live_span *span);
/* Whose result the channel brought last, if that may still go on: one of the two, borrowed. */
bool channel_owner(struct tracer *tracer, uint64_t id, struct live_transaction **ret_transaction,
    struct work **ret_work);
/* It has ended, or was used again. */
void channel_forget(struct tracer *tracer, uint64_t id);
void channels_free(struct tracer *tracer);

/* ---- work.c and attention.c ---- */
/* NULL is allowed. */
void work_put(struct tracer *tracer, struct work *work);
/* The thread received bytes of a request. */
void work_received(struct tracer *tracer, struct thread_state *thread, uint64_t cookie);
/* The thread got the result of an asynchronous call. */
void work_resumed(struct tracer *tracer, struct thread_state *thread, const struct live_span *span);
/* The thread is about to send bytes of this request's response. */
void work_answering(
    struct tracer *tracer, struct thread_state *thread, struct live_transaction *transaction);
/* The request's response is complete. */
void work_answered(struct tracer *tracer, struct live_transaction *transaction);
/* What the thread works for now; borrowed. NULL: not known. */
struct live_transaction *work_transaction(
    struct tracer *tracer, const struct writer *writer, uint64_t time);
/* For spans.c: finds out what a call belongs to, and files it where that is not known at its end.
 */
void work_begin_call(struct tracer *tracer, const struct writer *writer, struct live_span *span);
void work_end_call(struct tracer *tracer, struct live_span *span);
/* Settles what nobody has claimed for long. */
void work_tick(struct tracer *tracer, uint64_t now);
/* Whether a call under way may turn out to be this transaction's. */
bool work_under_way_for(const struct tracer *tracer, const struct live_transaction *transaction);
/* The transaction is about to be sent: settles what is its own unless somebody claims it. */
void work_settle_for(struct tracer *tracer, struct live_transaction *transaction);
/* Settles all that has ended, of one process or (0) of all. */
void work_settle_all(struct tracer *tracer, uint32_t pid);
void work_forget_thread(struct tracer *tracer, struct thread_state *thread);

/* ---- conversations.c ---- */
/* For which request a thread works that has received from it; NULL: for none, or *ret_crowded. */
struct live_transaction *conversation_request(
    const struct conversation *conversation, bool *ret_crowded);
void conversation_accepted(
    struct tracer *tracer, const struct writer *writer, const struct rec_socket *record);
void conversation_run(
    struct tracer *tracer, const struct writer *writer, const struct rec_run *run);
void conversation_closed(struct tracer *tracer, uint32_t pid, uint64_t cookie, uint64_t time);
/* The process can no longer answer anything. */
void conversations_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time);
/* As text, once a connection instead of once a request. */
void conversation_set_peer(struct conversation *conversation, const struct rec_address *address);
/* Ends responses that only silence ends, where nothing was sent since then. */
void conversations_end_silent(struct tracer *tracer, uint64_t before);
void conversations_forget_unused(struct tracer *tracer, uint64_t before);
void conversations_end_all(struct tracer *tracer, uint64_t time);

/* ---- listeners.c ---- */
void listener_record(struct tracer *tracer, const struct rec_socket *record);
uint16_t listener_port(struct tracer *tracer, uint64_t cookie); /* 0: unknown, or none */
void listeners_free(struct tracer *tracer);

/* ---- recognition.c ---- */
/* Takes the first bytes of a conversation; sets protocol and state, or opaque, once they are
 * enough. Then `first` holds all that came, but for a PROXY protocol header. cut: no more of them.
 */
void conversation_recognise(struct tracer *tracer, struct conversation *conversation, bool cut);
/* The same by what the other side says to them, as far as that is known. */
void conversation_recognise_answer(
    struct tracer *tracer, struct conversation *conversation, struct bytes answer);
/* Keeps what a recognition may need of what one side says first. */
void conversation_keep_first(struct conversation *conversation, const struct run *run);

/* ---- http.c ---- */
struct turn; /* what conversations.c passes through a protocol to its listener */
struct live_transaction *http_transaction(struct tracer *tracer,
    const struct conversation *conversation, const struct request_info *request, uint64_t time);
void http_response(struct tracer *tracer, struct live_transaction *transaction,
    const struct response_info *response);
/* Fields behind the body. */
void http_trailers(struct live_transaction *transaction, const struct response_info *trailers);
/* No status was seen by the end of the exchange. */
void http_unanswered(struct live_transaction *transaction, bool peer_left, bool killed);
/* It may have been answered: that was not recorded. */
/* More of the beginning of its body. */
void http_body(struct live_transaction *transaction, struct bytes piece);
/* The service wrote this to standard error while it worked on the request. */
void http_complained(
    struct tracer *tracer, struct live_transaction *transaction, struct bytes text, uint64_t time);
void http_answer_lost(struct live_transaction *transaction);

/* ---- request_names.c ---- */
/* It calls this method of a service that has one path for all. */
void request_name_method(struct live_transaction *transaction, struct bytes method);
/* What a request is called that has come. asked: its path as it came. */
void request_name(struct tracer *tracer, struct live_transaction *transaction,
    const struct conversation *conversation, const struct request_info *request,
    struct bytes asked);
void request_name_answered(struct tracer *tracer, struct live_transaction *transaction, int status);
/* One of its statements may tell the view that serves it. */
void request_name_call(
    struct tracer *tracer, struct live_transaction *transaction, const struct live_span *span);
/* Whether another request may soon tell what this one is called. */
bool request_name_waits(const struct live_transaction *transaction, uint64_t now);
/* The transaction is about to be sent. */
void request_name_settle(struct tracer *tracer, struct live_transaction *transaction);
/* Any transaction's name as it is sent. */
const char *transaction_name(
    const struct tracer *tracer, const struct live_transaction *transaction);

/* ---- pg_records.c ---- */
void pg_record(struct tracer *tracer, const struct writer *writer, const struct record *record);
/* ---- pg_socket.c: connections on which clients other than libpq speak to PostgreSQL ---- */
void pg_socket_connected(
    struct tracer *tracer, const struct writer *writer, const struct rec_socket *record);
bool pg_socket_known(const struct tracer *tracer, uint64_t cookie);
void pg_socket_origin(struct tracer *tracer, const struct rec_origin *record);
/* False: the connection is none of these. */
bool pg_socket_run(struct tracer *tracer, const struct writer *writer, const struct rec_run *run);
void pg_socket_closed(struct tracer *tracer, uint64_t cookie, uint64_t time);
/* What can't be read, and was answered last before this time, has been answered. */
void pg_sockets_end_silent(struct tracer *tracer, uint64_t before);
void pg_sockets_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time);
void pg_sockets_end_all(struct tracer *tracer, uint64_t time);

/* ---- pg_connections.c ---- */
void pg_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time);

/* ---- api.c ---- */
void api_record(struct tracer *tracer, const struct writer *writer, const struct rec_api *record);
/* Ends what the thread began itself and did not end. */
void api_end_thread(struct tracer *tracer, struct thread_state *thread, uint64_t time);

/* ---- stacks.c ---- */
void stack_record(struct tracer *tracer, uint32_t pid, const struct rec_stack *record);
void modules_record(struct tracer *tracer, uint32_t pid, const struct rec_modules *record);
/* Those whose module map is known no more. */
void stacks_forget_unmapped(struct tracer *tracer);
/* NULL: unknown id, or none. Lives until the next tick. */
const struct stacktrace *stack_of(struct tracer *tracer, uint64_t stack_id);
/* The dotted name of the view that the stack is in; NULL: none. Lives as long as the tracer. */
const char *stack_view(struct tracer *tracer, uint64_t stack_id);
void stacks_free(struct tracer *tracer);

#endif
