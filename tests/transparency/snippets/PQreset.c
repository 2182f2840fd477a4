#include "../snippet_pq.h"

int snippet(void)
{
    PQreset(NULL);
    PGconn *conn = connected();
    PQreset(conn);
    show_conn(conn);
    SHOW_PQ(PQexec(conn, "select pg_terminate_backend(pg_backend_pid())"));
    PQreset(conn);
    SHOW_PQ(PQexec(conn, "select 1"));
    PQfinish(conn);
    conn = PQconnectdb("dbname=missing");
    PQreset(conn);
    show_conn(conn);
    PQfinish(conn);
    return 0;
}
