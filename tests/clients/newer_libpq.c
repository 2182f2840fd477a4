/* Stands for a libpq 17: the functions that older ones lack, and just enough of the others. Every
 * statement succeeds. Built as libpq-newer.so. */
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

struct pg_conn {
    bool under_way;
};
struct pg_result {
    int unused;
};
typedef struct pg_conn PGcancelConn;

static struct pg_conn connection, cancelling;
static struct pg_result result;

#define DEFINE(type, name, params, value)                                                          \
    type name params;                                                                              \
    type name params                                                                               \
    {                                                                                              \
        return value;                                                                              \
    }

DEFINE(PGconn *, PQconnectdb, (const char *conninfo), conninfo ? &connection : NULL)
DEFINE(ConnStatusType, PQstatus, (const PGconn *conn), conn ? CONNECTION_OK : CONNECTION_BAD)
DEFINE(
    ExecStatusType, PQresultStatus, (const PGresult *r), r ? PGRES_COMMAND_OK : PGRES_FATAL_ERROR)
DEFINE(int, PQntuples, (const PGresult *r), r ? 0 : -1)
DEFINE(PGresult *, PQexec, (PGconn * conn, const char *sql), conn &&sql ? &result : NULL)
DEFINE(PGresult *, PQclosePrepared, (PGconn * conn, const char *name), conn &&name ? &result : NULL)
DEFINE(PGresult *, PQclosePortal, (PGconn * conn, const char *name), conn &&name ? &result : NULL)
DEFINE(int, PQsendClosePrepared, (PGconn * conn, const char *name), conn->under_way = name != NULL)
DEFINE(int, PQsendClosePortal, (PGconn * conn, const char *name), conn->under_way = name != NULL)
DEFINE(PGcancelConn *, PQcancelCreate, (PGconn * conn), conn ? &cancelling : NULL)
DEFINE(int, PQcancelBlocking, (PGcancelConn * c), c != NULL)
DEFINE(int, PQcancelStart, (PGcancelConn * c), c != NULL)
DEFINE(PostgresPollingStatusType, PQcancelPoll, (PGcancelConn * c),
    c ? PGRES_POLLING_OK : PGRES_POLLING_FAILED)

void PQfinish(PGconn *conn)
{
    conn->under_way = false;
}

void PQcancelFinish(PGcancelConn *c);
void PQcancelFinish(PGcancelConn *c)
{
    c->under_way = false;
}

PGresult *PQgetResult(PGconn *conn)
{
    bool first = conn->under_way;
    conn->under_way = false;
    return first ? &result : NULL;
}
