#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    SHOW(PQsendPrepare(conn, "named", "select $1::int", 1, NULL));
    show_all(conn);
    SHOW(PQsendPrepare(conn, "named", "select wrong", 0, NULL));
    show_all(conn);
    SHOW(PQsendPrepare(conn, NULL, "select 1", 0, NULL));
    show_conn(conn);
    SHOW(PQsendPrepare(conn, "none", NULL, 0, NULL));
    show_conn(conn);
    SHOW(PQsendPrepare(NULL, BAD_POINTER, BAD_POINTER, 0, NULL));
    PQfinish(conn);
    return 0;
}
