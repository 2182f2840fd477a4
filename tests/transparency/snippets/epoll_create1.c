#include "../snippet.h"

#include <sys/epoll.h>

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
    SHOW_MADE(epoll_create1(EPOLL_CLOEXEC));
    SHOW_MADE(epoll_create1(1));
    pair_close(&pair);
    return 0;
}
