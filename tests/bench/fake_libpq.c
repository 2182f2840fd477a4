/* A libpq that answers at once, so that the cost of its hooks can be counted alone. */
#include <libpq-fe.h>
#include <stddef.h>

static int connection, result;

#define CONN (PGconn *)(void *)&connection
#define RESULT (PGresult *)(void *)&result

PGconn *PQconnectdb(const char *conninfo)
{
    return conninfo ? CONN : NULL;
}

PGresult *PQexec(PGconn *conn, const char *sql)
{
    return conn && sql ? RESULT : NULL;
}

PGresult *PQexecParams(PGconn *conn, const char *sql, int count, const Oid *types,
    const char *const *values, const int *lengths, const int *formats, int format)
{
    (void)count, (void)types, (void)values, (void)lengths, (void)formats, (void)format;
    return conn && sql ? RESULT : NULL;
}

int PQcancel(PGcancel *cancel, char *error, int error_size)
{
    (void)cancel, (void)error, (void)error_size;
    return 1;
}

void PQclear(PGresult *res)
{
    (void)res;
}

int PQntuples(const PGresult *res)
{
    return res != NULL;
}

ExecStatusType PQresultStatus(const PGresult *res)
{
    return res ? PGRES_TUPLES_OK : PGRES_FATAL_ERROR;
}

char *PQcmdStatus(PGresult *res)
{
    static char tag[] = "SELECT 1";
    return res ? tag : NULL;
}

void PQfinish(PGconn *conn)
{
    (void)conn;
}

ConnStatusType PQstatus(const PGconn *conn)
{
    return conn ? CONNECTION_OK : CONNECTION_BAD;
}
