#include "../snippet.h"

#include <sys/eventfd.h>

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
    SHOW_MADE(eventfd(3, EFD_CLOEXEC));
    SHOW_MADE(eventfd(0, -1));
    pair_close(&pair);
    return 0;
}
