/* The life of libpq's connections, and what it does on connections of its own: pings, cancels. */
#include "hooks_libpq.h"

#include "interpreter.h"
#include "rebind.h"
#include "stack.h"

/* One contact with a server that is under way. */
struct contact {
    enum pg_contact kind;
    uint64_t begin, stack_id;
    int ok;            /* as in struct rec_pg_connect */
    const char *error; /* NULL: ask the connection */
};

static uint64_t capture(void)
{
    struct guard guard;
    if (!recorder_enter(&guard))
        return 0;
    uint64_t stack = stack_capture();
    recorder_leave(&guard);
    return stack;
}

static struct contact contact_now(enum pg_contact kind)
{
    return (struct contact){.kind = kind, .begin = recorder_now(), .stack_id = capture()};
}

static struct text asked(
    __typeof__(PQhost) *function, const PGconn *conn, const char *otherwise, size_t max)
{
    return text_of(function && conn ? function(conn) : otherwise, max);
}

/* conn: NULL for contacts that have no connection that goes on. */
static void record_contact(const struct libpq *pq, PGconn *conn, const struct contact *c)
{
    struct guard guard;
    if (!recorder_enter(&guard))
        return;
    struct text host = asked(pq->PQhost, conn, NULL, NAME_BYTES_MAX);
    struct text port = asked(pq->PQport, conn, NULL, 16);
    struct text db = asked(pq->PQdb, conn, NULL, NAME_BYTES_MAX);
    struct text user = asked(pq->PQuser, conn, NULL, NAME_BYTES_MAX);
    struct text error =
        c->ok ? text_of(NULL, 0) : asked(pq->PQerrorMessage, conn, c->error, MESSAGE_BYTES_MAX);
    uint64_t now = recorder_now();
    struct rec_pg_connect *r = recorder_begin(
        REC_PG_CONNECT, sizeof *r + host.len + port.len + db.len + user.len + error.len, now);
    if (r) {
        r->conn = (uintptr_t)conn;
        r->stack_id = c->stack_id;
        r->task = interpreter_task();
        r->elapsed = now - c->begin;
        r->ok = c->ok;
        r->backend_pid =
            c->ok > 0 && conn && pq->PQbackendPID ? (uint32_t)pq->PQbackendPID(conn) : 0;
        r->encoding = (int16_t)(conn && pq->PQclientEncoding ? pq->PQclientEncoding(conn) : -1);
        r->contact = c->kind;
        r->host_len = host.len;
        r->port_len = port.len;
        r->db_len = db.len;
        r->user_len = user.len;
        r->error_len = error.len;
        memset(r->reserved, 0, sizeof r->reserved);
        char *out = put_text(put_text((char *)(r + 1), host), port);
        put_text(put_text(put_text(out, db), user), error);
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

/* ---- connecting and waiting for it ---- */

/* Only a libpq that has what is not exported needs its callers rebound. */
static struct contact begin_contact(const struct libpq *pq, enum pg_contact kind)
{
    recorder_start();
    if (recorder_active() && (pq->PQsendClosePrepared || pq->PQcancelBlocking))
        rebind_loaded();
    return contact_now(kind);
}

static void connected(const struct libpq *pq, PGconn *conn, struct contact *contact)
{
    if (!conn || !pq->PQstatus)
        return;
    ConnStatusType status = pq->PQstatus(conn);
    contact->ok = status == CONNECTION_OK ? 1 : status == CONNECTION_BAD ? 0 : PG_GIVEN_UP;
    record_contact(pq, conn, contact);
    pq_conn_of(conn, true);
}

#define CONNECT_HOOK(name, params, args)                                                           \
    PGconn *wrap_##name params                                                                     \
    {                                                                                              \
        struct contact contact = begin_contact(pq, PG_CONTACT_CONNECT);                            \
        uintptr_t before = enter_libpq();                                                          \
        PGconn *conn = pq->name args;                                                              \
        connected(pq, conn, &contact);                                                             \
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

void wrap_PQreset(const struct libpq *pq, PGconn *conn)
{
    struct contact contact = contact_now(PG_CONTACT_RESET);
    uintptr_t before = enter_libpq();
    pq->PQreset(conn);
    connected(pq, conn, &contact);
    leave_libpq(before);
}

/* ---- connecting step by step ---- */

/* The first step was made: told when the last one is, or at once if there will be none. */
static void began_connecting(
    const struct libpq *pq, PGconn *conn, struct contact *contact, bool going_on)
{
    struct pq_conn *known = pq_conn_of(conn, true);
    if (going_on && known) {
        known->connecting = contact->begin;
        known->stack_id = contact->stack_id;
    } else if (!going_on) {
        connected(pq, conn, contact);
    }
}

#define START_HOOK(name, params, args)                                                             \
    PGconn *wrap_##name params                                                                     \
    {                                                                                              \
        struct contact contact = begin_contact(pq, PG_CONTACT_CONNECT);                            \
        uintptr_t before = enter_libpq();                                                          \
        PGconn *conn = pq->name args;                                                              \
        if (conn)                                                                                  \
            began_connecting(                                                                      \
                pq, conn, &contact, pq->PQstatus && pq->PQstatus(conn) != CONNECTION_BAD);         \
        leave_libpq(before);                                                                       \
        return conn;                                                                               \
    }

START_HOOK(PQconnectStart, (const struct libpq *pq, const char *conninfo), (conninfo))
START_HOOK(PQconnectStartParams,
    (const struct libpq *pq, const char *const *keywords, const char *const *values, int expand),
    (keywords, values, expand))

int wrap_PQresetStart(const struct libpq *pq, PGconn *conn)
{
    struct contact contact = contact_now(PG_CONTACT_RESET);
    uintptr_t before = enter_libpq();
    int started = pq->PQresetStart(conn);
    if (conn)
        began_connecting(pq, conn, &contact, started);
    leave_libpq(before);
    return started;
}

/* Tells a contact that ends; once, however often it is asked for afterwards. */
static void ended_connecting(
    const struct libpq *pq, PGconn *conn, struct pq_conn *known, enum pg_contact kind)
{
    if (!known || !known->connecting)
        return;
    struct contact contact = {
        .kind = kind, .begin = known->connecting, .stack_id = known->stack_id};
    known->connecting = 0;
    connected(pq, conn, &contact);
}

static bool is_last(PostgresPollingStatusType status)
{
    return status == PGRES_POLLING_OK || status == PGRES_POLLING_FAILED;
}

PostgresPollingStatusType wrap_PQconnectPoll(const struct libpq *pq, PGconn *conn)
{
    uintptr_t before = enter_libpq();
    PostgresPollingStatusType status = pq->PQconnectPoll(conn);
    if (is_last(status))
        ended_connecting(pq, conn, pq_conn_of(conn, false), PG_CONTACT_CONNECT);
    leave_libpq(before);
    return status;
}

PostgresPollingStatusType wrap_PQresetPoll(const struct libpq *pq, PGconn *conn)
{
    uintptr_t before = enter_libpq();
    PostgresPollingStatusType status = pq->PQresetPoll(conn);
    if (is_last(status))
        ended_connecting(pq, conn, pq_conn_of(conn, false), PG_CONTACT_RESET);
    leave_libpq(before);
    return status;
}

void wrap_PQfinish(const struct libpq *pq, PGconn *conn)
{
    struct guard guard;
    struct pq_conn *known = pq_conn_of(conn, false);
    ended_connecting(pq, conn, known, PG_CONTACT_CONNECT); /* given up half-way */
    pq_conn_forget(conn);
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

/* ---- pings and cancels ---- */

#define PING_HOOK(name, params, args)                                                              \
    PGPing wrap_##name params                                                                      \
    {                                                                                              \
        struct contact contact = begin_contact(pq, PG_CONTACT_PING);                               \
        uintptr_t before = enter_libpq();                                                          \
        PGPing answer = pq->name args;                                                             \
        contact.ok = answer == PQPING_OK;                                                          \
        contact.error = answer == PQPING_REJECT        ? "server rejects connections"              \
                        : answer == PQPING_NO_RESPONSE ? "no response from server"                 \
                                                       : "no attempt was made";                    \
        record_contact(pq, NULL, &contact);                                                        \
        leave_libpq(before);                                                                       \
        return answer;                                                                             \
    }

PING_HOOK(PQping, (const struct libpq *pq, const char *conninfo), (conninfo))
PING_HOOK(PQpingParams,
    (const struct libpq *pq, const char *const *keywords, const char *const *values, int expand),
    (keywords, values, expand))

/* Also from signal handlers, as psql does. */
int wrap_PQcancel(const struct libpq *pq, PGcancel *cancel, char *error, int error_size)
{
    struct contact contact = contact_now(PG_CONTACT_CANCEL);
    uintptr_t before = enter_libpq();
    int sent = pq->PQcancel(cancel, error, error_size);
    contact.ok = sent;
    contact.error = error && error_size > 0 ? error : NULL;
    record_contact(pq, NULL, &contact);
    leave_libpq(before);
    return sent;
}

int wrap_PQcancelBlocking(const struct libpq *pq, PGcancelConn *cancel)
{
    struct contact contact = contact_now(PG_CONTACT_CANCEL);
    uintptr_t before = enter_libpq();
    int sent = pq->PQcancelBlocking(cancel);
    contact.ok = sent;
    record_contact(pq, NULL, &contact);
    leave_libpq(before);
    return sent;
}

int wrap_PQcancelStart(const struct libpq *pq, PGcancelConn *cancel)
{
    struct contact contact = contact_now(PG_CONTACT_CANCEL);
    uintptr_t before = enter_libpq();
    int started = pq->PQcancelStart(cancel);
    struct pq_conn *known = started ? pq_conn_of((PGconn *)(void *)cancel, true) : NULL;
    if (known) {
        known->connecting = contact.begin;
        known->stack_id = contact.stack_id;
    }
    leave_libpq(before);
    return started;
}

PostgresPollingStatusType wrap_PQcancelPoll(const struct libpq *pq, PGcancelConn *cancel)
{
    uintptr_t before = enter_libpq();
    PostgresPollingStatusType status = pq->PQcancelPoll(cancel);
    struct pq_conn *known = pq_conn_of((PGconn *)(void *)cancel, false);
    if (is_last(status) && known && known->connecting) {
        struct contact contact = {.kind = PG_CONTACT_CANCEL,
            .begin = known->connecting,
            .stack_id = known->stack_id,
            .ok = status == PGRES_POLLING_OK};
        record_contact(pq, NULL, &contact);
        pq_conn_forget((PGconn *)(void *)cancel);
    }
    leave_libpq(before);
    return status;
}

void wrap_PQcancelFinish(const struct libpq *pq, PGcancelConn *cancel)
{
    pq_conn_forget((PGconn *)(void *)cancel);
    uintptr_t before = enter_libpq();
    pq->PQcancelFinish(cancel);
    leave_libpq(before);
}
