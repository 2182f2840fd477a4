#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    SHOW_PQ(PQprepare(conn, "named", "select $1::int", 1, NULL));
    SHOW_PQ(PQprepare(conn, "named", "select 2", 0, NULL)); /* there already */
    SHOW_PQ(PQprepare(conn, "", "select 3", 0, NULL));
    SHOW_PQ(PQprepare(conn, "wrong", "select from where", 0, NULL));
    SHOW_PQ(PQprepare(conn, NULL, "select 1", 0, NULL));
    SHOW_PQ(PQprepare(conn, "none", NULL, 0, NULL));
    SHOW_PQ(PQprepare(NULL, "named", "select 1", 0, NULL));
    SHOW_PQ(PQprepare(NULL, BAD_POINTER, BAD_POINTER, 0, NULL));
    PQfinish(conn);
    return 0;
}
