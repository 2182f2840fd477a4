#include "../snippet.h"

int snippet(void)
{
    int ends[2] = {-1, -1};
    struct pair pair = pair_tcp();
    SHOW(pipe(ends));
    SHOW(write(ends[1], "x", 1));
    close(ends[0]);
    close(ends[1]);
    SHOW(pipe(BAD_POINTER));
    pair_close(&pair);
    return 0;
}
