#include "../snippet.h"

#include <sys/timerfd.h>
#include <time.h>

/* Shows a descriptor that was made, and closes it. */
#define SHOW_MADE(call)                                                                            \
    do {                                                                                           \
        int made_ = (int)SHOW(call);                                                               \
        if (made_ >= 0)                                                                            \
            close(made_);                                                                          \
    } while (0)

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW_MADE(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    SHOW_MADE(timerfd_create(99, 0));
    pair_close(&pair);
    return 0;
}
