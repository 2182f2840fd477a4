#include <libpq/libpq-fs.h>
#include "../snippet_pq.h"

int snippet(void)
{
    char buf[100] = "kept";
    PGconn *conn = connected();
    SHOW_PQ(PQexec(conn, "begin"));
    int fd = lo_open(conn, lo_create(conn, 424242), INV_READ | INV_WRITE);
    SHOW(lo_write(conn, fd, "0123456789", 10));
    printf("%lld\n", (long long)lo_lseek64(conn, fd, 2, SEEK_SET));
    printf("%lld\n", (long long)lo_lseek64(conn, fd, 1L << 40, SEEK_SET));
    printf("%lld\n", (long long)lo_lseek64(conn, fd, -1, SEEK_END));
    printf("%lld\n", (long long)lo_lseek64(NULL, fd, 0, SEEK_SET));
    printf("%lld\n", (long long)lo_lseek64(conn, 99, 0, SEEK_SET));
    SHOW(lo_read(conn, fd, buf, 1));
    show_conn(conn);
    SHOW(lo_close(conn, fd));
    SHOW_PQ(PQexec(conn, "rollback"));
    PQfinish(conn);
    return 0;
}
