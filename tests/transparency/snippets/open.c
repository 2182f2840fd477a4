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
    SHOW_MADE(open("/dev/null", O_RDONLY));
    SHOW_MADE(open("/nonexistent", O_RDWR | O_CREAT, 0600));
    SHOW_MADE(open(BAD_POINTER, O_RDONLY));
    pair_close(&pair);
    return 0;
}
