#include "../snippet.h"

int snippet(void)
{
    int ends[2] = {-1, -1};
    struct pair pair = pair_tcp();
    SHOW(pipe2(ends, O_CLOEXEC));
    SHOW(write(ends[1], "x", 1));
    close(ends[0]);
    close(ends[1]);
    SHOW(pipe2(ends, 1));
    SHOW(pipe2(BAD_POINTER, 0));
    pair_close(&pair);
    return 0;
}
