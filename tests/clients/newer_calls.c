/* Uses what came with libpq 17. */
#include <libpq-fe.h>

typedef struct pg_cancel_conn PGcancelConn;
PGresult *PQclosePrepared(PGconn *, const char *);
PGresult *PQclosePortal(PGconn *, const char *);
int PQsendClosePrepared(PGconn *, const char *);
int PQsendClosePortal(PGconn *, const char *);
PGcancelConn *PQcancelCreate(PGconn *);
int PQcancelBlocking(PGcancelConn *);
int PQcancelStart(PGcancelConn *);
PostgresPollingStatusType PQcancelPoll(PGcancelConn *);
void PQcancelFinish(PGcancelConn *);

int main(void)
{
    PGconn *conn = PQconnectdb("");
    PQexec(conn, "prepare named as select 1 from tables");
    PQclosePrepared(conn, "named");
    PQclosePortal(conn, "portal");
    PQsendClosePrepared(conn, "named");
    while (PQgetResult(conn))
        ;
    PQsendClosePortal(conn, "portal");
    while (PQgetResult(conn))
        ;
    PGcancelConn *cancel = PQcancelCreate(conn);
    PQcancelBlocking(cancel);
    PQcancelStart(cancel);
    PQcancelPoll(cancel);
    PQcancelFinish(cancel);
    PQfinish(conn);
    return 0;
}
