#include "../snippet.h"

int snippet(void)
{
    int ends[2] = {-1, -1};
    struct pair pair = pair_tcp();
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    SHOW(write(ends[1], "x", 1));
    close(ends[0]);
    close(ends[1]);
    SHOW(socketpair(AF_INET, SOCK_STREAM, 0, ends));
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, BAD_POINTER));
    pair_close(&pair);
    return 0;
}
