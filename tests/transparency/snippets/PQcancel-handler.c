/* As psql does at ^C: in a handler that interrupts libpq. */
#include "../snippet_pq.h"

static PGcancel *volatile to_cancel;

static void on_alarm(int number)
{
    char error[256];
    int sent = PQcancel(to_cancel, error, sizeof error);
    if (write(STDOUT_FILENO, sent ? "sent\n" : "not sent\n", sent ? 5 : 9) < 0)
        _exit(number);
}

static void on_notice(void *unused, const char *message)
{
    show_notice(unused, message);
    fflush(stdout);
    ualarm(200000, 0);
}

int snippet(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    PGconn *conn = connected();
    to_cancel = PQgetCancel(conn);
    sigaction(SIGALRM, &action, NULL);
    PQsetNoticeProcessor(conn, on_notice, NULL);
    SHOW_PQ(PQexec(conn, SLOW));
    SHOW_PQ(PQexec(conn, "select 1"));
    signal(SIGALRM, SIG_DFL);
    PQfreeCancel(to_cancel);
    PQfinish(conn);
    return 0;
}
