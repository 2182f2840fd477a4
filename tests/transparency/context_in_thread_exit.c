/* In the destructor of a thread-specific key, when other thread-local state is already gone. */
#include "runner.h"

static pthread_key_t key;

static void destructor(void *value)
{
    run_snippet();
    (void)value;
}

static void *body(void *unused)
{
    pthread_setspecific(key, &key);
    return unused;
}

CONTEXT(in_thread_exit)
{
    pthread_key_create(&key, destructor);
    run_in_thread(body, 0);
}
