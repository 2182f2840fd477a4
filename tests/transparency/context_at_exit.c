/* In an atexit handler registered before the recorder's own. */
#include "runner.h"

static void at_end(void)
{
    run_snippet();
}

CONTEXT(at_exit)
{
    atexit(at_end);
    struct pair before = pair_tcp();
    pair_close(&before);
}
