/* Results of libpq: each is told when it is handed out, with the moment at which it was whole. */
#include "hooks_libpq.h"

#include "interpreter.h"

/* Not in the headers of every version. */
enum { STATUS_PIPELINE_SYNC = 10, STATUS_TUPLES_CHUNK = 12 };
enum { TAG_BYTES_MAX = 64 };

static const char name_fields[] = {PG_DIAG_SCHEMA_NAME, PG_DIAG_TABLE_NAME, PG_DIAG_COLUMN_NAME,
    PG_DIAG_DATATYPE_NAME, PG_DIAG_CONSTRAINT_NAME};
enum { NAMES = sizeof name_fields };

/* What of a result goes into its record. */
struct outcome {
    int status;
    int64_t rows;
    uint64_t bytes, memory;
    const char *sqlstate;
    struct text tag, error, detail, hint, source;
    struct text names[NAMES]; /* of what an error is about */
};

static bool is_copy(int status)
{
    return status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH;
}

/* One of several parts of a result, of which only the last is told. */
static bool is_part(int status)
{
    return status == PGRES_SINGLE_TUPLE || status == STATUS_TUPLES_CHUNK;
}

static uint64_t memory_of(const struct libpq *pq, const PGresult *result)
{
    return result && pq->PQresultMemorySize ? pq->PQresultMemorySize(result) : 0;
}

static bool shows_statements(void)
{
    return atomic_load_explicit(&recorder_ring()->sql_limit, memory_order_relaxed);
}

/* Where statements are not to be seen, neither is what the server says about them. */
static struct text message(const char *text)
{
    return text_of(!shows_statements() && text && *text ? "?" : text, MESSAGE_BYTES_MAX);
}

static void read_error(const struct libpq *pq, const PGresult *result, struct outcome *o)
{
    const char *primary = pq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    uint32_t capture = atomic_load_explicit(&recorder_ring()->pg_capture, memory_order_relaxed);
    o->sqlstate = pq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
    o->error = message(primary ? primary : pq->PQresultErrorMessage(result));
    o->source = text_of(pq->PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION), NAME_BYTES_MAX);
    for (size_t i = 0; i < NAMES && shows_statements(); i++)
        o->names[i] = text_of(pq->PQresultErrorField(result, name_fields[i]), NAME_BYTES_MAX);
    if (!(capture & PG_CAPTURE_DETAIL))
        return;
    const char *detail = pq->PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = pq->PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    o->detail = text_of(detail, MESSAGE_BYTES_MAX);
    o->hint = text_of(hint, MESSAGE_BYTES_MAX);
}

static void read_outcome(const struct libpq *pq, PGconn *conn, PGresult *result, struct outcome *o)
{
    if (!result) {
        o->error = message(pq->PQerrorMessage ? pq->PQerrorMessage(conn) : NULL);
        return;
    }
    o->status = (int)pq->PQresultStatus(result);
    o->tag = text_of(pq->PQcmdStatus ? pq->PQcmdStatus(result) : NULL, TAG_BYTES_MAX);
    if (o->status == PGRES_TUPLES_OK)
        o->rows = pq->PQntuples(result);
    if (o->status == PGRES_FATAL_ERROR || o->status == PGRES_NONFATAL_ERROR ||
        o->status == PGRES_BAD_RESPONSE)
        read_error(pq, result, o);
}

/* Rows and bytes that were handed out before this result. */
static void add_pending(PGconn *conn, struct outcome *o)
{
    struct pq_conn *known = pq_conn_of(conn, false);
    if (!known)
        return;
    o->bytes += known->bytes;
    if (known->rows)
        o->rows = known->rows + (o->rows > 0 ? o->rows : 0);
    known->rows = 0;
    known->bytes = 0;
}

static size_t length_of_names(const struct outcome *o)
{
    size_t len = 0;
    for (size_t i = 0; i < NAMES; i++)
        len += o->names[i].len ? o->names[i].len + 1u : 0;
    return len;
}

static void put_names(char *out, const struct outcome *o)
{
    for (size_t i = 0; i < NAMES; i++)
        if (o->names[i].len) {
            out = put_text(out, o->names[i]);
            *out++ = '\n';
        }
}

static void write_result(
    PGconn *conn, const struct outcome *o, const struct told *told, uint64_t now)
{
    size_t names_len = length_of_names(o);
    struct rec_pg_result *r = recorder_begin(told->type,
        sizeof *r + o->tag.len + o->error.len + o->detail.len + o->hint.len + o->source.len +
            names_len,
        now);
    if (!r)
        return;
    r->head.flags = (uint16_t)told->flags;
    r->conn = (uintptr_t)conn;
    r->task = told->flags & PG_OF_LAST ? 0 : interpreter_task();
    r->complete = told->complete < now ? told->complete : 0;
    r->bytes = o->bytes;
    r->memory = o->memory;
    r->rows = o->rows;
    r->status = o->status;
    memset(r->sqlstate, 0, sizeof r->sqlstate);
    if (o->sqlstate)
        memcpy(r->sqlstate, o->sqlstate, strnlen(o->sqlstate, 5));
    r->tag_len = o->tag.len;
    r->error_len = o->error.len;
    r->detail_len = o->detail.len;
    r->hint_len = o->hint.len;
    r->source_len = o->source.len;
    r->names_len = (uint16_t)names_len;
    char *out = put_text(put_text((char *)(r + 1), o->tag), o->error);
    out = put_text(put_text(put_text(out, o->detail), o->hint), o->source);
    put_names(out, o);
    recorder_commit(r);
}

void record_result(const struct libpq *pq, PGconn *conn, PGresult *result, const struct told *told)
{
    struct guard guard;
    if (!conn || !recorder_enter(&guard))
        return;
    struct outcome o = {.status = -1, .rows = -1};
    uint64_t now = recorder_now();
    if (result || told->flags & PG_OF_LAST)
        read_outcome(pq, conn, result, &o);
    o.bytes = told->bytes;
    o.memory = memory_of(pq, result);
    if (!(told->flags & PG_OF_LAST))
        add_pending(conn, &o);
    write_result(conn, &o, told, now);
    recorder_leave(&guard);
}

void record_sync_end(const struct libpq *pq, PGconn *conn, bool fine, uint64_t bytes)
{
    struct guard guard;
    static const struct told told = {.type = REC_PG_DONE, .flags = PG_OF_LAST};
    if (!conn || !recorder_enter(&guard))
        return;
    struct outcome o = {.status = fine ? PGRES_COMMAND_OK : -1, .rows = -1};
    if (!fine)
        read_outcome(pq, conn, NULL, &o);
    o.bytes = bytes;
    write_result(conn, &o, &told, recorder_now());
    recorder_leave(&guard);
}

void record_sync_result(const struct libpq *pq, PGconn *conn, PGresult *result, uint64_t bytes)
{
    bool goes_on = result && recorder_active() && is_copy((int)pq->PQresultStatus(result));
    struct told told = {
        .type = goes_on ? REC_PG_RESULT : REC_PG_DONE, .flags = PG_OF_LAST, .bytes = bytes};
    record_result(pq, conn, result, &told);
}

/* ---- asynchronous results ---- */

static void add_part(const struct libpq *pq, const PGresult *result, struct pq_conn *known)
{
    if (!known)
        return;
    known->rows += pq->PQntuples(result);
}

static void handed_out(const struct libpq *pq, PGconn *conn, PGresult *result,
    struct pq_conn *known, uint64_t complete)
{
    int status = result ? (int)pq->PQresultStatus(result) : -1;
    struct told told = {.type = result ? REC_PG_RESULT : REC_PG_DONE, .complete = complete};
    if (is_part(status))
        add_part(pq, result, known);
    else if (status != STATUS_PIPELINE_SYNC) /* ends no statement */
        record_result(pq, conn, result, &told);
}

/* Asking first whether it would wait changes nothing: PQgetResult begins with the same parsing. */
PGresult *wrap_PQgetResult(const struct libpq *pq, PGconn *conn)
{
    uintptr_t before = enter_libpq();
    struct pq_conn *known = recorder_active() ? pq_conn_of(conn, false) : NULL;
    bool waits = !known || !pq->PQisBusy || pq->PQisBusy(conn);
    PGresult *result = pq->PQgetResult(conn);
    uint64_t complete = 0;
    if (known && !waits)
        complete = known->complete ? known->complete : known->input;
    if (known) {
        known->complete = 0;
        if (waits)
            known->input = recorder_now();
    }
    if (recorder_active())
        handed_out(pq, conn, result, known, complete);
    leave_libpq(before);
    return result;
}

int wrap_PQconsumeInput(const struct libpq *pq, PGconn *conn)
{
    uintptr_t before = enter_libpq();
    int fine = pq->PQconsumeInput(conn);
    struct pq_conn *known = pq_conn_of(conn, false);
    if (known)
        known->input = recorder_now();
    leave_libpq(before);
    return fine;
}

int wrap_PQisBusy(const struct libpq *pq, PGconn *conn)
{
    uintptr_t before = enter_libpq();
    int busy = pq->PQisBusy(conn);
    struct pq_conn *known = busy ? NULL : pq_conn_of(conn, false);
    if (known && !known->complete)
        known->complete = known->input;
    leave_libpq(before);
    return busy;
}

/* ---- COPY ---- */

int wrap_PQputCopyData(const struct libpq *pq, PGconn *conn, const char *data, int len)
{
    uintptr_t before = enter_libpq();
    int put = pq->PQputCopyData(conn, data, len);
    struct pq_conn *known = put == 1 && len > 0 ? pq_conn_of(conn, false) : NULL;
    if (known)
        known->bytes += (uint64_t)len;
    leave_libpq(before);
    return put;
}

/* Rows of COPY IN are counted by the server; here each call gets one. */
int wrap_PQgetCopyData(const struct libpq *pq, PGconn *conn, char **data, int async)
{
    uintptr_t before = enter_libpq();
    int len = pq->PQgetCopyData(conn, data, async);
    struct pq_conn *known = len > 0 ? pq_conn_of(conn, false) : NULL;
    if (known) {
        known->bytes += (uint64_t)len;
        known->rows++;
    }
    leave_libpq(before);
    return len;
}
