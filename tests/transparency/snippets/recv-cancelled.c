/* A thread is cancelled while it waits inside the call. */
#include "../snippet.h"

static void clean_up(void *what)
{
    printf("cleaned up, %s\n", (const char *)what);
}

/* Of its own pair: where its maker was cancelled, it outlives it, and may start late. */
static void *body(void *server)
{
    static char buffer[8];
    static char what[] = "in recv";
    pthread_cleanup_push(clean_up, what);
    recv((int)(intptr_t)server, buffer, sizeof buffer, 0);
    pthread_cleanup_pop(0);
    return NULL;
}

int snippet(void)
{
    static char buffer[8];
    pthread_t thread;
    void *result;
    struct pair pair = pair_tcp();
    if (pthread_create(&thread, NULL, body, (void *)(intptr_t)pair.server))
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
