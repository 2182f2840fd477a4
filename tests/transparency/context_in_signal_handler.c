/* In a handler that interrupted nothing of ours, on the ordinary stack. */
#include "runner.h"

static void handler(int number)
{
    run_snippet();
    (void)number;
}

CONTEXT(in_signal_handler)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_DFL);
}
