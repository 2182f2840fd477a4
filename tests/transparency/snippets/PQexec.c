#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    SHOW_PQ(PQexec(conn, "select 1 as one, 'two' as two"));
    SHOW_PQ(PQexec(conn, "create temporary table t(a int); insert into t values (1), (2)"));
    SHOW_PQ(PQexec(conn, "update t set a = a + 1 where a > 100"));
    SHOW_PQ(PQexec(conn, "select * from missing"));
    SHOW_PQ(PQexec(conn, ""));
    SHOW_PQ(PQexec(conn, "do $$ begin raise notice 'to the processor'; end $$"));
    SHOW_PQ(PQexec(conn, "copy t to stdout"));
    SHOW_PQ(PQexec(conn, "select repeat('x', 20000) as long"));
    SHOW_PQ(PQexec(conn, NULL));
    SHOW_PQ(PQexec(NULL, "select 1"));
    SHOW_PQ(PQexec(NULL, BAD_POINTER)); /* libpq does not look at it */
    SHOW_PQ(PQexec(conn, "select pg_terminate_backend(pg_backend_pid())"));
    SHOW_PQ(PQexec(conn, "select 1"));
    show_conn(conn);
    PQfinish(conn);
    return 0;
}
