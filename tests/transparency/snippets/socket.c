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
    SHOW_MADE(socket(AF_INET, SOCK_STREAM, 0));
    SHOW_MADE(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    SHOW_MADE(socket(-1, SOCK_STREAM, 0));
    SHOW_MADE(socket(AF_INET, 99, 0));
    pair_close(&pair);
    return 0;
}
