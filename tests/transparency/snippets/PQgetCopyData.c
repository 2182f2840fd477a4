#include "../snippet_pq.h"

int snippet(void)
{
    char *row = NULL;
    int len;
    PGconn *conn = connected();
    SHOW(PQgetCopyData(conn, &row, 0)); /* no COPY */
    SHOW_PQ(PQexec(conn, "copy (select generate_series(1, 3)) to stdout"));
    while ((len = PQgetCopyData(conn, &row, 0)) > 0) {
        printf("%d '%s'\n", len, row);
        PQfreemem(row);
    }
    printf("end %d, row %d\n", len, row != NULL);
    show_all(conn);
    SHOW_PQ(PQexec(conn, "copy (select 1 / (3 - a) from generate_series(1, 3) a) to stdout"));
    while ((len = PQgetCopyData(conn, &row, 0)) > 0)
        PQfreemem(row);
    printf("end %d\n", len);
    show_all(conn);
    SHOW_PQ(PQexec(conn, "copy (select 1) to stdout"));
    SHOW_PQ(PQexec(conn, "select 2")); /* ends the COPY */
    PQfinish(conn);
    return 0;
}
