/* A thread is cancelled while it waits inside the call. */
#include "../snippet.h"

static struct pair pair;

static void clean_up(void *what)
{
    printf("cleaned up, %s\n", (const char *)what);
}

static void *body(void *unused)
{
    static char buffer[8];
    static char what[] = "in recv";
    pthread_cleanup_push(clean_up, what);
    recv(pair.server, buffer, sizeof buffer, 0);
    pthread_cleanup_pop(0);
    return unused;
}

int snippet(void)
{
    static char buffer[8];
    pthread_t thread;
    void *result;
    pair = pair_tcp();
    if (pthread_create(&thread, NULL, body, NULL))
        return 1;
    usleep(20000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    client_sends(&pair, "after");
    SHOW(recv(pair.server, buffer, sizeof buffer, 0));
    show_bytes("got", buffer, 5);
    pair_close(&pair);
    return 0;
}
