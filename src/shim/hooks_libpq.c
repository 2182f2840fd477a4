/* Statements and connections of libpq. A statement is told before it is sent, with its stack, so
 * that one that never returns is known; its result is told as soon as libpq hands it out. */
#include "hooks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recorder.h"
#include "stack.h"

/* Marks this thread as inside libpq, for as long as a hook's frame lives. */
static uintptr_t enter_libpq(void)
{
    uintptr_t before = self_thread.libpq_frame;
    self_thread.libpq_frame = (uintptr_t)__builtin_frame_address(0);
    return before;
}

static void leave_libpq(uintptr_t before)
{
    self_thread.libpq_frame = before;
}

/* ---- connections ---- */

struct text {
    const char *data;
    uint16_t len;
};

static struct text text_of(const char *s, size_t max)
{
    size_t n = s ? strnlen(s, max) : 0;
    return (struct text){s, (uint16_t)n};
}

static char *put_text(char *out, struct text text)
{
    if (text.len)
        memcpy(out, text.data, text.len);
    return out + text.len;
}

static void record_connect(const struct libpq *pq, PGconn *conn, uint64_t begin)
{
    struct guard guard;
    if (!conn || !recorder_enter(&guard))
        return;
    bool ok = pq->PQstatus && pq->PQstatus(conn) == CONNECTION_OK;
    struct text host = text_of(pq->PQhost ? pq->PQhost(conn) : NULL, 256);
    struct text port = text_of(pq->PQport ? pq->PQport(conn) : NULL, 16);
    struct text db = text_of(pq->PQdb ? pq->PQdb(conn) : NULL, 256);
    struct text user = text_of(pq->PQuser ? pq->PQuser(conn) : NULL, 256);
    struct text error = text_of(ok || !pq->PQerrorMessage ? NULL : pq->PQerrorMessage(conn), 1024);
    uint64_t now = recorder_now();
    struct rec_pg_connect *r = recorder_begin(
        REC_PG_CONNECT, sizeof *r + host.len + port.len + db.len + user.len + error.len, now);
    if (r) {
        r->conn = (uintptr_t)conn;
        r->elapsed = now - begin;
        r->ok = ok;
        r->backend_pid = ok && pq->PQbackendPID ? (uint32_t)pq->PQbackendPID(conn) : 0;
        r->host_len = host.len;
        r->port_len = port.len;
        r->db_len = db.len;
        r->user_len = user.len;
        r->error_len = error.len;
        char *out = put_text(put_text((char *)(r + 1), host), port);
        put_text(put_text(put_text(out, db), user), error);
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

#define CONNECT_HOOK(name, params, args)                                                           \
    PGconn *wrap_##name params                                                                     \
    {                                                                                              \
        recorder_start();                                                                          \
        uint64_t begin = recorder_now();                                                           \
        uintptr_t before = enter_libpq();                                                          \
        PGconn *conn = pq->name args;                                                              \
        record_connect(pq, conn, begin);                                                           \
        leave_libpq(before);                                                                       \
        return conn;                                                                               \
    }

CONNECT_HOOK(PQconnectdb, (const struct libpq *pq, const char *conninfo), (conninfo))
CONNECT_HOOK(PQconnectdbParams,
    (const struct libpq *pq, const char *const *keywords, const char *const *values, int expand),
    (keywords, values, expand))
CONNECT_HOOK(PQsetdbLogin,
    (const struct libpq *pq, const char *host, const char *port, const char *options,
        const char *tty, const char *db, const char *login, const char *password),
    (host, port, options, tty, db, login, password))

PGconn *wrap_PQconnectStart(const struct libpq *pq, const char *conninfo)
{
    recorder_start();
    uintptr_t before = enter_libpq();
    PGconn *conn = pq->PQconnectStart(conninfo);
    leave_libpq(before);
    return conn;
}

PGconn *wrap_PQconnectStartParams(
    const struct libpq *pq, const char *const *keywords, const char *const *values, int expand)
{
    recorder_start();
    uintptr_t before = enter_libpq();
    PGconn *conn = pq->PQconnectStartParams(keywords, values, expand);
    leave_libpq(before);
    return conn;
}

PostgresPollingStatusType wrap_PQconnectPoll(const struct libpq *pq, PGconn *conn)
{
    uint64_t begin = recorder_now();
    uintptr_t before = enter_libpq();
    PostgresPollingStatusType status = pq->PQconnectPoll(conn);
    if (status == PGRES_POLLING_OK || status == PGRES_POLLING_FAILED)
        record_connect(pq, conn, begin);
    leave_libpq(before);
    return status;
}

void wrap_PQreset(const struct libpq *pq, PGconn *conn)
{
    uint64_t begin = recorder_now();
    uintptr_t before = enter_libpq();
    pq->PQreset(conn);
    record_connect(pq, conn, begin);
    leave_libpq(before);
}

void wrap_PQfinish(const struct libpq *pq, PGconn *conn)
{
    struct guard guard;
    if (conn && recorder_enter(&guard)) { /* before: afterwards the address may be used again */
        struct rec_pg_finish *r = recorder_begin(REC_PG_FINISH, sizeof *r, recorder_now());
        if (r) {
            r->conn = (uintptr_t)conn;
            recorder_commit(r);
        }
        recorder_leave(&guard);
    }
    uintptr_t before = enter_libpq();
    pq->PQfinish(conn);
    leave_libpq(before);
}

/* ---- statements ---- */

struct statement {
    enum pg_kind kind;
    unsigned flags;
    const char *name; /* prepared statement's, or NULL */
    const char *sql;  /* or NULL */
    int params;
};

static void record_send(PGconn *conn, const struct statement *s)
{
    struct guard guard;
    /* Without a connection libpq looks at no other argument: they may be anything. */
    if (!conn || !recorder_enter(&guard))
        return;
    uint32_t limit = atomic_load_explicit(&recorder_ring()->sql_limit, memory_order_relaxed);
    uint64_t stack = stack_capture();
    size_t total = s->sql ? strlen(s->sql) : 0;
    size_t keep = total < limit ? total : limit < SQL_BYTES_MAX ? limit : SQL_BYTES_MAX;
    size_t name_len = s->name ? strnlen(s->name, 256) : 0;
    struct rec_pg_send *r =
        recorder_begin(REC_PG_SEND, sizeof *r + keep + name_len, recorder_now());
    if (r) {
        r->head.flags = (uint16_t)s->flags;
        r->conn = (uintptr_t)conn;
        r->stack_id = stack;
        r->kind = s->kind;
        r->params = s->params > 0 ? (uint32_t)s->params : 0;
        r->sql_total = total;
        r->sql_len = (uint32_t)keep;
        r->name_len = (uint32_t)name_len;
        if (keep)
            memcpy(r + 1, s->sql, keep);
        if (name_len)
            memcpy((char *)(r + 1) + keep, s->name, name_len);
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

/* What of a result goes into its record. */
struct outcome {
    int status, rows;
    const char *sqlstate;
    struct text tag, error;
};

/* The number that ends a command tag. PQcmdTuples would tell the service's notice processor of a
 * tag that has none. */
static struct text row_count(const char *tag)
{
    const char *last = tag ? strrchr(tag, ' ') : NULL;
    bool is_number = last && last[1] >= '0' && last[1] <= '9';
    return text_of(is_number ? last + 1 : NULL, 32);
}

static struct outcome read_outcome(const struct libpq *pq, PGconn *conn, PGresult *result)
{
    struct outcome o = {.status = -1, .rows = -1};
    if (!result) {
        o.error = text_of(pq->PQerrorMessage ? pq->PQerrorMessage(conn) : NULL, 1024);
        return o;
    }
    o.status = (int)pq->PQresultStatus(result);
    o.tag = row_count(pq->PQcmdStatus ? pq->PQcmdStatus(result) : NULL);
    if (o.status == PGRES_TUPLES_OK || o.status == PGRES_SINGLE_TUPLE)
        o.rows = pq->PQntuples(result);
    if (o.status == PGRES_FATAL_ERROR || o.status == PGRES_NONFATAL_ERROR ||
        o.status == PGRES_BAD_RESPONSE) {
        o.sqlstate = pq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const char *primary = pq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        o.error = text_of(primary ? primary : pq->PQresultErrorMessage(result), 1024);
    }
    return o;
}

static void record_result(
    const struct libpq *pq, PGconn *conn, PGresult *result, enum record_type type, bool ask)
{
    struct guard guard;
    if (!recorder_enter(&guard))
        return;
    uint64_t now = recorder_now();
    struct outcome o = {.status = -1, .rows = -1};
    if (ask)
        o = read_outcome(pq, conn, result);
    struct rec_pg_result *r = recorder_begin(type, sizeof *r + o.tag.len + o.error.len, now);
    if (r) {
        r->conn = (uintptr_t)conn;
        r->status = o.status;
        r->rows = o.rows;
        memset(r->sqlstate, 0, sizeof r->sqlstate);
        if (o.sqlstate)
            memcpy(r->sqlstate, o.sqlstate, strnlen(o.sqlstate, 5));
        r->tag_len = o.tag.len;
        r->error_len = o.error.len;
        r->reserved[0] = r->reserved[1] = 0;
        put_text(put_text((char *)(r + 1), o.tag), o.error);
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

/* One call that sends a statement and waits for its result. */
#define SYNC_HOOK(name, params, args, ...)                                                         \
    PGresult *wrap_##name params                                                                   \
    {                                                                                              \
        const struct statement statement = {__VA_ARGS__};                                          \
        record_send(conn, &statement);                                                             \
        uintptr_t before = enter_libpq();                                                          \
        PGresult *result = pq->name args;                                                          \
        record_result(pq, conn, result, REC_PG_DONE, true);                                        \
        leave_libpq(before);                                                                       \
        return result;                                                                             \
    }

/* One call that sends a statement and returns; a refusal ends it here. */
#define ASYNC_HOOK(name, params, args, ...)                                                        \
    int wrap_##name params                                                                         \
    {                                                                                              \
        const struct statement statement = {__VA_ARGS__, .flags = PG_ASYNC};                       \
        record_send(conn, &statement);                                                             \
        uintptr_t before = enter_libpq();                                                          \
        int sent = pq->name args;                                                                  \
        if (!sent)                                                                                 \
            record_result(pq, conn, NULL, REC_PG_DONE, true);                                      \
        leave_libpq(before);                                                                       \
        return sent;                                                                               \
    }

#define PARAMS                                                                                     \
    const struct libpq *pq, PGconn *conn, const char *sql, int count, const Oid *types,            \
        const char *const *values, const int *lengths, const int *formats, int format
#define PREPARED                                                                                   \
    const struct libpq *pq, PGconn *conn, const char *name, int count, const char *const *values,  \
        const int *lengths, const int *formats, int format
#define PREPARE                                                                                    \
    const struct libpq *pq, PGconn *conn, const char *name, const char *sql, int count,            \
        const Oid *types

SYNC_HOOK(PQexec, (const struct libpq *pq, PGconn *conn, const char *sql), (conn, sql),
    .kind = PG_QUERY, .sql = sql)
SYNC_HOOK(PQexecParams, (PARAMS), (conn, sql, count, types, values, lengths, formats, format),
    .kind = PG_QUERY_PARAMS, .sql = sql, .params = count)
SYNC_HOOK(PQprepare, (PREPARE), (conn, name, sql, count, types), .kind = PG_PREPARE, .name = name,
    .sql = sql)
SYNC_HOOK(PQexecPrepared, (PREPARED), (conn, name, count, values, lengths, formats, format),
    .kind = PG_EXECUTE, .name = name, .params = count)

ASYNC_HOOK(PQsendQuery, (const struct libpq *pq, PGconn *conn, const char *sql), (conn, sql),
    .kind = PG_QUERY, .sql = sql)
ASYNC_HOOK(PQsendQueryParams, (PARAMS), (conn, sql, count, types, values, lengths, formats, format),
    .kind = PG_QUERY_PARAMS, .sql = sql, .params = count)
ASYNC_HOOK(PQsendPrepare, (PREPARE), (conn, name, sql, count, types), .kind = PG_PREPARE,
    .name = name, .sql = sql)
ASYNC_HOOK(PQsendQueryPrepared, (PREPARED), (conn, name, count, values, lengths, formats, format),
    .kind = PG_EXECUTE, .name = name, .params = count)

PGresult *wrap_PQgetResult(const struct libpq *pq, PGconn *conn)
{
    uintptr_t before = enter_libpq();
    PGresult *result = pq->PQgetResult(conn);
    record_result(pq, conn, result, result ? REC_PG_RESULT : REC_PG_DONE, result != NULL);
    leave_libpq(before);
    return result;
}
