/* A thread is cancelled while it waits for a result; the others go on. */
#include "../snippet_pq.h"

static void clean_up(void *what)
{
    printf("cleaned up, %s\n", (const char *)what);
}

static void *body(void *conn)
{
    static char what[] = "in PQexec";
    pthread_cleanup_push(clean_up, what);
    PQexec(conn, "select pg_sleep(5)");
    pthread_cleanup_pop(0);
    return NULL;
}

int snippet(void)
{
    PGconn *conn = connected(), *other = connected();
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, NULL, body, conn))
        return 1;
    usleep(30000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    PQfinish(conn);
    SHOW_PQ(PQexec(other, "select 1"));
    PQfinish(other);
    return 0;
}
