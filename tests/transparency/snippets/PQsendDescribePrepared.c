#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    PQclear(PQprepare(conn, "named", "select $1::int as answer", 0, NULL));
    SHOW_PQ(PQexec(conn, "begin; declare portal cursor for select 1 as one"));
    SHOW(PQsendDescribePrepared(conn, "named"));
    show_all(conn);
    SHOW(PQsendDescribePrepared(conn, "missing"));
    show_all(conn);
    SHOW(PQsendDescribePrepared(NULL, BAD_POINTER));
    PQfinish(conn);
    return 0;
}
