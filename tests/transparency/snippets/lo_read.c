#include <libpq/libpq-fs.h>
#include "../snippet_pq.h"

int snippet(void)
{
    char buf[100] = "kept";
    PGconn *conn = connected();
    SHOW_PQ(PQexec(conn, "begin"));
    int fd = lo_open(conn, lo_create(conn, 424242), INV_READ | INV_WRITE);
    SHOW(lo_write(conn, fd, "0123456789", 10));
    SHOW(lo_lseek(conn, fd, 2, SEEK_SET));
    SHOW(lo_read(conn, fd, buf, 3));
    printf("%.3s\n", buf);
    SHOW(lo_read(conn, fd, buf, 0));
    SHOW(lo_read(conn, fd, buf, sizeof buf));
    SHOW(lo_read(conn, fd, buf, sizeof buf));
    SHOW(lo_read(NULL, fd, BAD_POINTER, 1));
    SHOW(lo_read(conn, 99, buf, 1));
    show_conn(conn);
    SHOW(lo_close(conn, fd));
    SHOW_PQ(PQexec(conn, "rollback"));
    PQfinish(conn);
    return 0;
}
