#include "../snippet.h"

#include <sys/mman.h>

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
    SHOW_MADE(memfd_create("memory", MFD_CLOEXEC));
    SHOW_MADE(memfd_create("memory", 1 << 20));
    SHOW_MADE(memfd_create(BAD_POINTER, 0));
    pair_close(&pair);
    return 0;
}
