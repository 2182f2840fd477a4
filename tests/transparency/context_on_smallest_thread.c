/* A thread with the least stack that pthread_create grants. */
#include "runner.h"

static void *body(void *unused)
{
    run_snippet();
    return unused;
}

CONTEXT(on_smallest_thread)
{
    run_in_thread(body, (size_t)sysconf(_SC_THREAD_STACK_MIN));
}
