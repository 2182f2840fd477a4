/* Statements of libpq. One is told before it is sent, with its stack, so that one that never
 * returns is known. */
#include "hooks_libpq.h"

#include "interpreter.h"
#include "stack.h"

struct statement {
    enum pg_kind kind;
    unsigned flags;
    const char *name; /* prepared statement's, portal's, or NULL */
    const char *sql;  /* or NULL */
    int function, params;
    const char *const *values; /* of params; NULL: not known */
    const int *lengths, *formats;
};

/* ---- parameters ---- */

/* libpq accepts no more and reads none of them otherwise. */
enum { PARAMS_MAX = 65535 };

static uint32_t capture(void)
{
    return atomic_load_explicit(&recorder_ring()->pg_capture, memory_order_relaxed);
}

static struct rec_pg_param read_param(const struct statement *s, int i)
{
    const char *value = s->values[i];
    struct rec_pg_param param = {.len = -1, .binary = s->formats && s->formats[i] == 1};
    if (value && param.binary)
        param.len = s->lengths ? s->lengths[i] : 0;
    else if (value)
        param.len = (int32_t)strnlen(value, INT32_MAX);
    if (param.len > 0)
        param.kept = param.len < PARAM_BYTES_MAX ? (uint16_t)param.len : PARAM_BYTES_MAX;
    return param;
}

/* Writes as many values as fit, or only measures them (out is NULL). The bytes used. */
static size_t put_params(char *out, size_t room, const struct statement *s)
{
    size_t used = 0;
    if (s->params <= 0 || s->params > PARAMS_MAX || !(capture() & PG_CAPTURE_PARAMETERS))
        return 0;
    for (int i = 0; i < s->params; i++) {
        struct rec_pg_param param = read_param(s, i);
        if (used + sizeof param + param.kept > room)
            break;
        if (out) {
            memcpy(out + used, &param, sizeof param);
            if (param.kept)
                memcpy(out + used + sizeof param, s->values[i], param.kept);
        }
        used += sizeof param + param.kept;
    }
    return used;
}

/* ---- sending ---- */

static void fill(
    struct rec_pg_send *r, const struct libpq *pq, PGconn *conn, const struct statement *s)
{
    bool pipelined = pq->PQpipelineStatus && pq->PQpipelineStatus(conn) != PQ_PIPELINE_OFF;
    r->head.flags = (uint16_t)(s->flags | (pipelined ? PG_PIPELINED : 0));
    r->conn = (uintptr_t)conn;
    r->kind = s->kind;
    r->params = s->params > 0 ? (uint32_t)s->params : 0;
    r->encoding = pq->PQclientEncoding ? pq->PQclientEncoding(conn) : -1;
    r->function = (uint32_t)s->function;
}

/* Rows and bytes of a COPY that was given up are not the next statement's. */
static void forget_pending(const PGconn *conn)
{
    struct pq_conn *known = pq_conn_of(conn, false);
    if (known) {
        known->rows = 0;
        known->bytes = 0;
    }
}

static void record_send(const struct libpq *pq, PGconn *conn, const struct statement *s)
{
    struct guard guard;
    /* Without a connection libpq looks at no other argument: they may be anything. */
    if (!conn || !recorder_enter(&guard))
        return;
    uint32_t limit = atomic_load_explicit(&recorder_ring()->sql_limit, memory_order_relaxed);
    uint64_t stack = stack_capture();
    size_t total = s->sql ? strlen(s->sql) : 0,
           params_len = s->values ? put_params(NULL, PARAMS_BYTES_MAX, s) : 0;
    size_t keep = total < limit ? total : limit < SQL_BYTES_MAX ? limit : SQL_BYTES_MAX;
    struct text name = text_of(s->name, NAME_BYTES_MAX);
    struct rec_pg_send *r =
        recorder_begin(REC_PG_SEND, sizeof *r + keep + name.len + params_len, recorder_now());
    if (r) {
        fill(r, pq, conn, s);
        r->stack_id = stack;
        r->task = interpreter_task();
        r->sql_total = total;
        r->sql_len = (uint32_t)keep;
        r->name_len = name.len;
        if (keep)
            memcpy(r + 1, s->sql, keep);
        char *out = put_text((char *)(r + 1) + keep, name);
        r->params_len = params_len ? (uint16_t)put_params(out, params_len, s) : 0;
        recorder_commit(r);
    }
    forget_pending(conn);
    recorder_leave(&guard);
}

static void record_refusal(const struct libpq *pq, PGconn *conn)
{
    static const struct told refused = {.type = REC_PG_DONE, .flags = PG_OF_LAST};
    record_result(pq, conn, NULL, &refused);
}

/* One call that sends a statement and waits for its result. */
#define SYNC_HOOK(name, params, args, ...)                                                         \
    PGresult *wrap_##name params                                                                   \
    {                                                                                              \
        const struct statement statement = {__VA_ARGS__};                                          \
        record_send(pq, conn, &statement);                                                         \
        uintptr_t before = enter_libpq();                                                          \
        PGresult *result = pq->name args;                                                          \
        record_sync_result(pq, conn, result, 0);                                                   \
        leave_libpq(before);                                                                       \
        return result;                                                                             \
    }

/* One call that sends a statement and returns; a refusal ends it here. */
#define ASYNC_HOOK(name, params, args, ...)                                                        \
    int wrap_##name params                                                                         \
    {                                                                                              \
        const struct statement statement = {__VA_ARGS__, .flags = PG_ASYNC};                       \
        record_send(pq, conn, &statement);                                                         \
        uintptr_t before = enter_libpq();                                                          \
        int sent = pq->name args;                                                                  \
        if (!sent)                                                                                 \
            record_refusal(pq, conn);                                                              \
        leave_libpq(before);                                                                       \
        return sent;                                                                               \
    }

#define QUERY const struct libpq *pq, PGconn *conn, const char *sql
#define PARAMS                                                                                     \
    const struct libpq *pq, PGconn *conn, const char *sql, int count, const Oid *types,            \
        const char *const *values, const int *lengths, const int *formats, int format
#define PREPARED                                                                                   \
    const struct libpq *pq, PGconn *conn, const char *name, int count, const char *const *values,  \
        const int *lengths, const int *formats, int format
#define PREPARE                                                                                    \
    const struct libpq *pq, PGconn *conn, const char *name, const char *sql, int count,            \
        const Oid *types
#define NAMED const struct libpq *pq, PGconn *conn, const char *name
#define VALUES .params = count, .values = values, .lengths = lengths, .formats = formats

SYNC_HOOK(PQexec, (QUERY), (conn, sql), .kind = PG_QUERY, .sql = sql)
SYNC_HOOK(PQexecParams, (PARAMS), (conn, sql, count, types, values, lengths, formats, format),
    .kind = PG_QUERY_PARAMS, .sql = sql, VALUES)
SYNC_HOOK(PQprepare, (PREPARE), (conn, name, sql, count, types), .kind = PG_PREPARE, .name = name,
    .sql = sql)
SYNC_HOOK(PQexecPrepared, (PREPARED), (conn, name, count, values, lengths, formats, format),
    .kind = PG_EXECUTE, .name = name, VALUES)
SYNC_HOOK(PQdescribePrepared, (NAMED), (conn, name), .kind = PG_DESCRIBE, .name = name)
SYNC_HOOK(PQdescribePortal, (NAMED), (conn, name), .kind = PG_DESCRIBE_PORTAL, .name = name)
SYNC_HOOK(PQclosePrepared, (NAMED), (conn, name), .kind = PG_CLOSE, .name = name)
SYNC_HOOK(PQclosePortal, (NAMED), (conn, name), .kind = PG_CLOSE_PORTAL, .name = name)

ASYNC_HOOK(PQsendQuery, (QUERY), (conn, sql), .kind = PG_QUERY, .sql = sql)
ASYNC_HOOK(PQsendQueryParams, (PARAMS), (conn, sql, count, types, values, lengths, formats, format),
    .kind = PG_QUERY_PARAMS, .sql = sql, VALUES)
ASYNC_HOOK(PQsendPrepare, (PREPARE), (conn, name, sql, count, types), .kind = PG_PREPARE,
    .name = name, .sql = sql)
ASYNC_HOOK(PQsendQueryPrepared, (PREPARED), (conn, name, count, values, lengths, formats, format),
    .kind = PG_EXECUTE, .name = name, VALUES)
ASYNC_HOOK(PQsendDescribePrepared, (NAMED), (conn, name), .kind = PG_DESCRIBE, .name = name)
ASYNC_HOOK(PQsendDescribePortal, (NAMED), (conn, name), .kind = PG_DESCRIBE_PORTAL, .name = name)
ASYNC_HOOK(PQsendClosePrepared, (NAMED), (conn, name), .kind = PG_CLOSE, .name = name)
ASYNC_HOOK(PQsendClosePortal, (NAMED), (conn, name), .kind = PG_CLOSE_PORTAL, .name = name)

/* ---- function calls, those of large objects included ---- */

static uint64_t bytes_of_call(
    const PGresult *result, const int *len, int is_int, const PQArgBlock *args, int count)
{
    uint64_t bytes = result && !is_int && len && *len > 0 ? (uint64_t)*len : 0;
    for (int i = 0; result && args && i < count; i++)
        if (!args[i].isint && args[i].len > 0)
            bytes += (uint64_t)args[i].len;
    return bytes;
}

PGresult *wrap_PQfn(const struct libpq *pq, PGconn *conn, int function, int *result_buf,
    int *result_len, int result_is_int, const PQArgBlock *args, int count)
{
    const struct statement statement = {.kind = PG_FUNCTION, .function = function, .params = count};
    record_send(pq, conn, &statement);
    uintptr_t before = enter_libpq();
    PGresult *result = pq->PQfn(conn, function, result_buf, result_len, result_is_int, args, count);
    bool done = result && recorder_active() && pq->PQresultStatus(result) == PGRES_COMMAND_OK;
    record_sync_result(
        pq, conn, result, done ? bytes_of_call(result, result_len, result_is_int, args, count) : 0);
    leave_libpq(before);
    return result;
}

/* Newer libpqs make these calls without PQfn. */
enum { FUNCTION_LOREAD = 954, FUNCTION_LO_LSEEK64 = 3170, FUNCTION_LO_TELL64 = 3171 };

static void record_function(const struct libpq *pq, PGconn *conn, int function, int params)
{
    const struct statement statement = {
        .kind = PG_FUNCTION, .function = function, .params = params};
    record_send(pq, conn, &statement);
}

int wrap_lo_read(const struct libpq *pq, PGconn *conn, int fd, char *buf, size_t len)
{
    record_function(pq, conn, FUNCTION_LOREAD, 2);
    uintptr_t before = enter_libpq();
    int n = pq->lo_read(conn, fd, buf, len);
    record_sync_end(pq, conn, n >= 0, n > 0 ? (uint64_t)n : 0);
    leave_libpq(before);
    return n;
}

pg_int64 wrap_lo_lseek64(const struct libpq *pq, PGconn *conn, int fd, pg_int64 offset, int whence)
{
    record_function(pq, conn, FUNCTION_LO_LSEEK64, 3);
    uintptr_t before = enter_libpq();
    pg_int64 position = pq->lo_lseek64(conn, fd, offset, whence);
    record_sync_end(pq, conn, position >= 0, 0);
    leave_libpq(before);
    return position;
}

pg_int64 wrap_lo_tell64(const struct libpq *pq, PGconn *conn, int fd)
{
    record_function(pq, conn, FUNCTION_LO_TELL64, 1);
    uintptr_t before = enter_libpq();
    pg_int64 position = pq->lo_tell64(conn, fd);
    record_sync_end(pq, conn, position >= 0, 0);
    leave_libpq(before);
    return position;
}
