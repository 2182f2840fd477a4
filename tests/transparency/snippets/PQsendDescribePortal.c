#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    PQclear(PQprepare(conn, "named", "select $1::int as answer", 0, NULL));
    SHOW_PQ(PQexec(conn, "begin; declare portal cursor for select 1 as one"));
    SHOW(PQsendDescribePortal(conn, "portal"));
    show_all(conn);
    SHOW(PQsendDescribePortal(conn, "missing"));
    show_all(conn);
    SHOW(PQsendDescribePortal(NULL, BAD_POINTER));
    PQfinish(conn);
    return 0;
}
