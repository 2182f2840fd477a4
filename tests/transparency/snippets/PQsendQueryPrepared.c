#include "../snippet_pq.h"

int snippet(void)
{
    const char *values[] = {"41"};
    PGconn *conn = connected();
    PQclear(PQprepare(conn, "named", "select $1::int + 1 as answer", 1, NULL));
    SHOW(PQsendQueryPrepared(conn, "named", 1, values, NULL, NULL, 0));
    show_all(conn);
    SHOW(PQsendQueryPrepared(conn, "missing", 0, NULL, NULL, NULL, 0));
    show_all(conn);
    SHOW(PQsendQueryPrepared(conn, NULL, 0, NULL, NULL, NULL, 0));
    show_conn(conn);
    SHOW(PQsendQueryPrepared(NULL, BAD_POINTER, 0, NULL, NULL, NULL, 0));
    PQfinish(conn);
    return 0;
}
