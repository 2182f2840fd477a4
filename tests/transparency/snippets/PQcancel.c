#include "../snippet_pq.h"

int snippet(void)
{
    char error[256] = "untouched";
    SHOW(PQcancel(NULL, error, sizeof error));
    printf("'%s'\n", error);
    PGconn *conn = connected();
    PGcancel *cancel = PQgetCancel(conn);
    SHOW(PQcancel(cancel, error, sizeof error)); /* nothing is under way */
    SHOW(PQcancel(cancel, NULL, 0));
    SHOW_PQ(PQexec(conn, "select 1"));
    send_slow(conn);
    SHOW(PQcancel(cancel, error, sizeof error));
    show_all(conn);
    PQfinish(conn);
    PQfreeCancel(cancel);
    return 0;
}
