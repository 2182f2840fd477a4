/* Clients that speak PostgreSQL's protocol by themselves: their bytes become the same spans as the
 * calls of libpq. libpq's own connections are none of these: the recorder leaves them out. */
#include "trace/postgres.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "protocol/postgres.h"
#include "sql/encoding.h"
#include "trace/pg_cipher.h"

struct pg_socket {
    uint64_t cookie;
    uint32_t pid;             /* who connected */
    uint64_t begin, stack_id; /* of the connect, and of the bytes sent last */
    char *host;
    int port;
    struct live_span *connecting; /* NULL: not asked for a session yet, or told */
    struct postgres *parser;      /* NULL: no longer understood */
    bool tls;                     /* what is fed are the bytes in the clear */
    bool plain;                   /* there were some */
    struct pg_cipher cipher;      /* as long as there were none */
    UT_hash_handle hh;
};

/* One run's way through the parser. */
struct pg_turn {
    struct tracer *tracer;
    const struct writer *writer;
    struct pg_socket *socket;
    uint64_t begin, end;
};

static struct pg_socket *find(const struct tracer *tracer, uint64_t cookie)
{
    struct pg_socket *s;
    HASH_FIND(hh, tracer->pg_sockets, &cookie, sizeof cookie, s);
    return s;
}

static struct pg_connection *connection_of(const struct pg_turn *turn)
{
    const struct pg_key key = {
        .conn = turn->socket->cookie, .pid = turn->socket->pid, .source = PG_SOCKET};
    return pg_connection_of(turn->tracer, key);
}

/* ---- what the parser reports ---- */

static void set_target(
    const struct pg_turn *turn, struct pg_connection *c, const char *database, const char *user)
{
    pg_set_target(c, &(struct pg_target){turn->socket->host, NULL, database, user});
    c->port = c->unreadable ? 0 : turn->socket->port;
}

/* Or it is known only now where to. */
static void begin_connecting(const struct pg_turn *turn, struct pg_connection *c)
{
    struct pg_socket *s = turn->socket;
    if (!s->connecting)
        s->connecting =
            pg_contact_begin(turn->tracer, turn->writer, c, PG_CONTACT_CONNECT, s->begin);
    pg_describe(s->connecting, c);
    s->connecting->stack_id = s->stack_id;
}

static void on_startup(void *self, struct bytes user, struct bytes database)
{
    struct pg_turn *turn = self;
    struct pg_connection *c = connection_of(turn);
    char *db_text = sql_to_utf8(database, -1), *user_text = sql_to_utf8(user, -1);
    set_target(turn, c, db_text, user_text);
    free(db_text);
    free(user_text);
    begin_connecting(turn, c);
}

static void end_connecting(struct tracer *tracer, struct pg_socket *s, struct pg_connection *c,
    const struct pg_contact_info *info)
{
    struct live_span *span = s->connecting;
    s->connecting = NULL;
    pg_contact_end(tracer, c, span, info);
}

/* What is sent next is the work of whoever waited for the session. */
static void on_session(void *self, const struct postgres_result *refusal)
{
    struct pg_turn *turn = self;
    struct pg_connection *c = connection_of(turn);
    struct pg_contact_info info = {.outcome = OUTCOME_SUCCESS, .end = turn->end};
    if (!turn->socket->connecting)
        return;
    if (!refusal) {
        work_resumed(turn->tracer, thread_of(turn->tracer, turn->writer), turn->socket->connecting);
        end_connecting(turn->tracer, turn->socket, c, &info);
        return;
    }
    char *error = sql_to_utf8(refusal->message, c->encoding);
    char *code = xmemdup0(refusal->sqlstate.data, refusal->sqlstate.len);
    info.outcome = OUTCOME_FAILURE;
    char *source = sql_to_utf8(refusal->source, -1);
    info.error = error;
    info.code = code;
    info.source = source;
    info.cut = refusal->cut;
    end_connecting(turn->tracer, turn->socket, c, &info);
    free(error);
    free(code);
    free(source);
}

/* The server does not answer to it. */
static void on_cancel(void *self)
{
    struct pg_turn *turn = self;
    struct pg_connection *c = connection_of(turn);
    const struct pg_contact_info info = {.outcome = OUTCOME_SUCCESS, .end = turn->end};
    set_target(turn, c, NULL, NULL);
    struct live_span *span =
        pg_contact_begin(turn->tracer, turn->writer, c, PG_CONTACT_CANCEL, turn->socket->begin);
    span->stack_id = turn->socket->stack_id;
    pg_contact_end(turn->tracer, c, span, &info);
}

static void on_encoding(void *self, struct bytes name)
{
    connection_of(self)->encoding = sql_encoding_of(name);
}

static void on_statement(void *self, const struct postgres_statement *statement)
{
    static const uint32_t kinds[] = {[POSTGRES_QUERY] = PG_QUERY,
        [POSTGRES_PREPARE] = PG_PREPARE,
        [POSTGRES_EXECUTE] = PG_EXECUTE,
        [POSTGRES_UNNAMED] = PG_QUERY_PARAMS,
        [POSTGRES_FUNCTION] = PG_FUNCTION};
    struct pg_turn *turn = self;
    const struct pg_sent sent = {.kind = kinds[statement->kind],
        .async = true,
        .pipelined = true,
        .sql = statement->sql,
        .sql_total = statement->sql_total,
        .name = statement->name,
        .function = statement->function,
        .stack_id = turn->socket->stack_id,
        .time = turn->begin};
    pg_sent(turn->tracer, turn->writer, connection_of(turn), &sent);
}

/* ExecStatusType */
enum { EXEC_COMMAND_OK = 1, EXEC_FATAL = 7, EXEC_PIPELINE_ABORTED = 11 };

static void on_result(void *self, const struct postgres_result *result)
{
    static const int statuses[] = {[POSTGRES_DONE] = EXEC_COMMAND_OK,
        [POSTGRES_FAILED] = EXEC_FATAL,
        [POSTGRES_SKIPPED] = EXEC_PIPELINE_ABORTED};
    struct pg_turn *turn = self;
    struct pg_got got = {.status = statuses[result->outcome],
        .rows = result->rows,
        .bytes = result->copied,
        .time = turn->end,
        .complete = turn->end,
        .tag = result->tag,
        .error = result->message,
        .error_cut = result->cut,
        .source = result->source,
        .names = result->names,
        .detail = turn->tracer->options->sql_error_detail ? result->detail : (struct bytes){0},
        .hint = turn->tracer->options->sql_error_detail ? result->hint : (struct bytes){0}};
    if (result->sqlstate.len == 5)
        memcpy(got.sqlstate, result->sqlstate.data, 5);
    pg_got(turn->tracer, turn->writer, connection_of(turn), &got);
}

static void on_statement_end(void *self)
{
    struct pg_turn *turn = self;
    const struct pg_got got = {.done = true,
        .certain = true,
        .status = -1,
        .rows = -1,
        .time = turn->end,
        .complete = turn->end};
    pg_got(turn->tracer, turn->writer, connection_of(turn), &got);
}

static void on_lost(void *self)
{
    struct pg_turn *turn = self;
    unread_note(turn->tracer, UNREAD_PART);
}

/* ---- a socket's life ---- */

/* As libpq names it: an address, or the folder of the socket. */
static char *host_of(const struct rec_socket *r)
{
    char text[ADDRESS_TEXT_MAX];
    if (r->address.family == ADDRESS_UNIX) {
        char *path = xmemdup0(r + 1, r->path_len);
        char *slash = strrchr(path, '/');
        if (slash && slash > path)
            *slash = '\0';
        return path;
    }
    address_show(&r->address, text);
    return xstrdup(text);
}

bool pg_socket_known(const struct tracer *tracer, uint64_t cookie)
{
    return find(tracer, cookie) != NULL;
}

void pg_socket_connected(
    struct tracer *tracer, const struct writer *writer, const struct rec_socket *r)
{
    if (find(tracer, r->cookie))
        return;
    struct pg_socket *s = xcalloc(1, sizeof *s);
    s->cookie = r->cookie;
    s->pid = writer->pid;
    s->begin = r->head.time;
    s->host = host_of(r);
    s->port = r->address.port;
    s->parser = postgres_new();
    HASH_ADD(hh, tracer->pg_sockets, cookie, sizeof s->cookie, s);
}

void pg_socket_origin(struct tracer *tracer, const struct rec_origin *r)
{
    struct pg_socket *s = find(tracer, r->cookie);
    if (s)
        s->stack_id = r->stack_id;
}

static void give_up(struct pg_socket *s)
{
    if (s->parser)
        postgres_free(s->parser);
    s->parser = NULL;
}

/* ---- ciphered ones ---- */

static struct pg_connection *find_connection(struct tracer *tracer, const struct pg_socket *s)
{
    return pg_find(tracer, (struct pg_key){.conn = s->cookie, .pid = s->pid, .source = PG_SOCKET});
}

static void end_answer(struct tracer *tracer, struct pg_socket *s)
{
    const struct pg_contact_info info = {.outcome = OUTCOME_SUCCESS, .end = s->cipher.answered};
    if (!pg_cipher_answered(tracer, &s->cipher) || !s->connecting)
        return;
    unread_note(tracer, UNREAD_PG_TLS);
    pg_cipher_label(s->connecting, &s->cipher);
    end_connecting(tracer, s, find_connection(tracer, s), &info);
}

static void take_cipher(const struct pg_turn *turn, const struct rec_run *r)
{
    struct pg_socket *s = turn->socket;
    struct pg_connection *c = connection_of(turn);
    if (s->plain)
        return;
    if (!s->cipher.turns) {
        set_target(turn, c, NULL, NULL);
        begin_connecting(turn, c);
    }
    if (r->head.type == REC_SEND)
        end_answer(turn->tracer, s);
    pg_cipher_run(turn->tracer, turn->writer, c, &s->cipher, r, s->stack_id);
}

void pg_sockets_end_silent(struct tracer *tracer, uint64_t before)
{
    struct pg_socket *s, *next;
    HASH_ITER(hh, tracer->pg_sockets, s, next)
    if (s->cipher.answering && !s->plain && s->cipher.answered < before)
        end_answer(tracer, s);
}

bool pg_socket_run(struct tracer *tracer, const struct writer *writer, const struct rec_run *r)
{
    struct pg_socket *s = find(tracer, r->cookie);
    if (!s)
        return false;
    const char *bytes = (const char *)(r + 1);
    struct run run = {.head = {bytes, r->head_len},
        .tail = {bytes + r->head_len, r->tail_len},
        .total = r->total,
        .gap = r->head.flags & RUN_GAP};
    struct pg_turn turn = {tracer, writer, s, r->head.time, r->head.time + r->elapsed};
    const struct postgres_listener listener = {.startup = on_startup,
        .session = on_session,
        .cancel = on_cancel,
        .client_encoding = on_encoding,
        .statement = on_statement,
        .result = on_result,
        .statement_end = on_statement_end,
        .lost = on_lost,
        .self = &turn};
    if (r->head.flags & RUN_TLS && !s->tls) { /* what was agreed on before is not part of it */
        give_up(s);
        s->parser = postgres_new();
        s->tls = true;
    }
    if (r->head.flags & RUN_CIPHER) {
        take_cipher(&turn, r);
        return true;
    }
    s->plain |= s->tls && run.total;
    if (!s->parser || run.total < run.head.len + run.tail.len || !run.total)
        return true;
    enum direction direction = r->head.type == REC_SEND ? TO_SERVER : TO_CLIENT;
    if (!postgres_feed(s->parser, direction, &run, &listener)) {
        unread_note(tracer, UNREAD_REST);
        pg_end_statements(tracer, connection_of(&turn), turn.end);
        give_up(s);
    }
    return true;
}

static void end_socket(struct tracer *tracer, struct pg_socket *s, uint64_t time)
{
    struct pg_connection *c = find_connection(tracer, s);
    const struct pg_contact_info unknown = {.end = time};
    end_answer(tracer, s);
    if (s->connecting)
        end_connecting(tracer, s, c, &unknown);
    if (c)
        pg_finish(tracer, c, time);
    give_up(s);
    HASH_DEL(tracer->pg_sockets, s);
    free(s->host);
    free(s);
}

void pg_socket_closed(struct tracer *tracer, uint64_t cookie, uint64_t time)
{
    struct pg_socket *s = find(tracer, cookie);
    if (s)
        end_socket(tracer, s, time);
}

void pg_sockets_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time)
{
    struct pg_socket *s, *next;
    HASH_ITER(hh, tracer->pg_sockets, s, next)
    if (s->pid == pid)
        end_socket(tracer, s, time);
}

void pg_sockets_end_all(struct tracer *tracer, uint64_t time)
{
    while (tracer->pg_sockets)
        end_socket(tracer, tracer->pg_sockets, time);
}
