#include "../snippet_pq.h"

static void wait_for_input(PGconn *conn)
{
    struct pollfd poll_fd = {.fd = PQsocket(conn), .events = POLLIN};
    poll(&poll_fd, 1, 5000);
}

int snippet(void)
{
    SHOW(PQisBusy(NULL));
    PGconn *conn = connected();
    SHOW(PQisBusy(conn)); /* nothing is under way */
    SHOW(PQsendQuery(conn, "do $$ begin raise notice 'noted'; end $$; select 1 as one"));
    while (PQisBusy(conn)) {
        wait_for_input(conn);
        if (!PQconsumeInput(conn))
            break;
    }
    SHOW(PQsetSingleRowMode(conn)); /* too late */
    show_all(conn);
    SHOW(PQsendQuery(conn, "select generate_series(1, 3)"));
    wait_for_input(conn);
    SHOW(PQconsumeInput(conn));
    SHOW(PQsetSingleRowMode(conn)); /* read, but not looked at yet */
    show_all(conn);
    SHOW(PQsendQuery(conn, "select pg_terminate_backend(pg_backend_pid())"));
    for (int i = 0; i < 3; i++) {
        wait_for_input(conn);
        PQconsumeInput(conn);
    }
    SHOW(PQisBusy(conn));
    show_all(conn);
    show_conn(conn);
    PQfinish(conn);
    return 0;
}
