#include "../snippet_pq.h"

static void finish_connecting(PGconn *conn)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        struct pollfd poll_fd = {.fd = PQsocket(conn), .events = events};
        poll(&poll_fd, 1, 5000);
        status = PQconnectPoll(conn);
    }
    printf("polled %d, ", status);
    show_conn(conn);
    PQfinish(conn);
}

int snippet(void)
{
    const char *keywords[] = {"dbname", NULL}, *values[] = {"postgres", NULL};
    const char *unknown[] = {"unknown", NULL};
    finish_connecting(PQconnectStartParams(keywords, values, 0));
    PGconn *conn = PQconnectStartParams(unknown, values, 0);
    show_conn(conn);
    PQfinish(conn);
    return 0;
}
