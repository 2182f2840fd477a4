#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    SHOW(PQsendQuery(conn, "select 1 as one; select 2 as two; select wrong"));
    SHOW(PQsendQuery(conn, "select 3")); /* another one is under way */
    show_conn(conn);
    show_all(conn);
    SHOW(PQsendQuery(conn, "select generate_series(1, 3)"));
    SHOW(PQsetSingleRowMode(conn));
    show_all(conn);
    SHOW(PQsendQuery(conn, NULL));
    show_conn(conn);
    SHOW(PQsendQuery(NULL, "select 1"));
    SHOW(PQsendQuery(NULL, BAD_POINTER));
    PQfinish(conn);
    return 0;
}
