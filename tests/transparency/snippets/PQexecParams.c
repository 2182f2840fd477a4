#include "../snippet_pq.h"

int snippet(void)
{
    const char *values[] = {"41", NULL};
    const Oid types[] = {23, 25};
    PGconn *conn = connected();
    SHOW_PQ(PQexecParams(conn, "select $1::int + 1 as answer, $2::text as nothing", 2, types,
        values, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(conn, "select 1 as one", 0, NULL, NULL, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(conn, "select $1::int", 1, NULL, NULL, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(conn, "select 1; select 2", 0, NULL, NULL, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(conn, "select 1", -1, NULL, NULL, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(conn, "select 1", 70000, NULL, NULL, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(conn, NULL, 0, NULL, NULL, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(NULL, "select 1", 0, NULL, NULL, NULL, NULL, 0));
    SHOW_PQ(PQexecParams(NULL, BAD_POINTER, 0, NULL, NULL, NULL, NULL, 0));
    PQfinish(conn);
    return 0;
}
