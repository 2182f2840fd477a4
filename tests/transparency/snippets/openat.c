#include "../snippet.h"

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
    SHOW_MADE(openat(AT_FDCWD, "/dev/null", O_RDONLY));
    SHOW_MADE(openat(-1, "x", O_RDWR | O_CREAT, 0600));
    SHOW_MADE(openat(AT_FDCWD, BAD_POINTER, O_RDONLY));
    pair_close(&pair);
    return 0;
}
