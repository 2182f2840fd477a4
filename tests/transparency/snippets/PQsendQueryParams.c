#include "../snippet_pq.h"

int snippet(void)
{
    const char *values[] = {"41"};
    PGconn *conn = connected();
    SHOW(PQsendQueryParams(conn, "select $1::int + 1 as answer", 1, NULL, values, NULL, NULL, 0));
    show_all(conn);
    SHOW(PQsendQueryParams(conn, "select $1", -1, NULL, NULL, NULL, NULL, 0));
    show_conn(conn);
    SHOW(PQsendQueryParams(conn, NULL, 0, NULL, NULL, NULL, NULL, 0));
    show_conn(conn);
    SHOW(PQsendQueryParams(NULL, BAD_POINTER, 0, NULL, NULL, NULL, NULL, 0));
    PQfinish(conn);
    return 0;
}
