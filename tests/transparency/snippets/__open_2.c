#include "../snippet.h"

int __open_2(const char *, int);

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
    SHOW_MADE(__open_2("/dev/null", O_RDONLY));
    SHOW_MADE(__open_2("/nonexistent", O_RDONLY));
    pair_close(&pair);
    return 0;
}
