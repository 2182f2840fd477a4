#include <libpq/libpq-fs.h>
#include "../snippet_pq.h"

int snippet(void)
{
    char buf[100] = "kept";
    PGconn *conn = connected();
    SHOW_PQ(PQexec(conn, "begin"));
    int fd = lo_open(conn, lo_create(conn, 424242), INV_READ | INV_WRITE);
    SHOW(lo_write(conn, fd, "0123456789", 10));
    printf("%lld\n", (long long)lo_tell64(conn, fd));
    printf("%lld\n", (long long)lo_tell64(NULL, fd));
    printf("%lld\n", (long long)lo_tell64(conn, 99));
    SHOW(lo_read(conn, fd, buf, 1));
    show_conn(conn);
    SHOW(lo_close(conn, fd));
    SHOW_PQ(PQexec(conn, "rollback"));
    PQfinish(conn);
    return 0;
}
