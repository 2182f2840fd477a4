#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    SHOW(PQputCopyData(NULL, BAD_POINTER, 3));
    SHOW(PQputCopyData(conn, "1\n", 2)); /* no COPY */
    SHOW_PQ(PQexec(conn, "create temporary table t(a int)"));
    SHOW_PQ(PQexec(conn, "copy t from stdin"));
    SHOW(PQputCopyData(conn, "1\n2\n", 4));
    SHOW(PQputCopyData(conn, "3\n", 2));
    SHOW(PQputCopyData(conn, "", 0));
    SHOW(PQputCopyEnd(conn, NULL));
    show_all(conn);
    SHOW_PQ(PQexec(conn, "copy t from stdin"));
    SHOW(PQputCopyData(conn, "wrong\n", 6));
    SHOW(PQputCopyEnd(conn, NULL));
    show_all(conn);
    SHOW_PQ(PQexec(conn, "copy t from stdin"));
    SHOW(PQputCopyEnd(conn, "given up"));
    show_all(conn);
    SHOW_PQ(PQexec(conn, "copy t from stdin"));
    SHOW_PQ(PQexec(conn, "select count(*) from t")); /* ends the COPY */
    PQfinish(conn);
    return 0;
}
