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
    printf("%d\n", PQconnectPoll(NULL));
    PGconn *conn = PQconnectdb("");
    printf("%d\n", PQconnectPoll(conn)); /* connected already */
    PQfinish(conn);
    conn = PQconnectdb("dbname=missing");
    printf("%d\n", PQconnectPoll(conn));
    PQfinish(conn);
    finish_connecting(PQconnectStart(""));
    return 0;
}
