#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = connected();
    printf("nothing %d\n", PQgetResult(NULL) == NULL);
    printf("nothing %d\n", PQgetResult(conn) == NULL);
    PQsendQuery(conn, "create temporary table t(a int); copy t from stdin");
    SHOW_PQ(PQgetResult(conn));
    SHOW_PQ(PQgetResult(conn));
    SHOW(PQputCopyData(conn, "1\n2\n", 4));
    SHOW(PQputCopyEnd(conn, NULL));
    show_all(conn);
    SHOW(PQenterPipelineMode(conn));
    SHOW(PQsendQueryParams(conn, "select 1 as one", 0, NULL, NULL, NULL, NULL, 0));
    SHOW(PQsendQueryParams(conn, "select wrong", 0, NULL, NULL, NULL, NULL, 0));
    SHOW(PQpipelineSync(conn));
    for (int i = 0; i < 6; i++)
        SHOW_PQ(PQgetResult(conn));
    SHOW(PQexitPipelineMode(conn));
    PQsendQuery(conn, "select pg_terminate_backend(pg_backend_pid())");
    show_all(conn);
    show_conn(conn);
    PQfinish(conn);
    return 0;
}
