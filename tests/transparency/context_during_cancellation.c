/* A thread that is cancelled at its first cancellation point; then the same again, uncancelled. */
#include "runner.h"

static void clean_up(void *what)
{
    printf("cleaned up after %s\n", (const char *)what);
}

static void *body(void *unused)
{
    char what[] = "cancellation";
    pthread_cleanup_push(clean_up, what);
    pthread_cancel(pthread_self());
    run_snippet();
    pthread_cleanup_pop(0);
    return unused;
}

CONTEXT(during_cancellation)
{
    run_in_thread(body, 0);
    /* Descriptors that the cancelled thread left open shift the numbers, alike in both runs. */
    run_snippet();
}
