#include "../snippet_pq.h"

int snippet(void)
{
    PQfinish(NULL);
    PGconn *conn = connected();
    PQsendQuery(conn, "select generate_series(1, 1000)"); /* nobody will read it */
    PQfinish(conn);
    conn = connected();
    close(PQsocket(conn));
    errno = ERRNO_BEFORE;
    PQfinish(conn);
    return 0;
}
