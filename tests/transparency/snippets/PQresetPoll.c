#include "../snippet_pq.h"

static void finish_resetting(PGconn *conn)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        struct pollfd poll_fd = {.fd = PQsocket(conn), .events = events};
        poll(&poll_fd, 1, 5000);
        status = PQresetPoll(conn);
    }
    printf("polled %d, ", status);
    show_conn(conn);
}

int snippet(void)
{
    printf("%d\n", PQresetPoll(NULL));
    PGconn *conn = connected();
    printf("%d\n", PQresetPoll(conn)); /* nothing was begun */
    SHOW(PQresetStart(conn));
    finish_resetting(conn);
    printf("%d\n", PQresetPoll(conn));
    SHOW_PQ(PQexec(conn, "select 1"));
    PQfinish(conn);
    return 0;
}
