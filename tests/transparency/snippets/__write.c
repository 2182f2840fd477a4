#include "../snippet.h"

ssize_t __write(int, const void *, size_t);

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW(__write(pair.server, "hello", 5));
    SHOW(__write(pair.server, NULL, 0));
    client_shows(&pair);
    SHOW(__write(pair.server, BAD_POINTER, 4));
    SHOW(__write(-1, "x", 1));
    signal(SIGPIPE, SIG_IGN);
    SHOW(__write(pair.listener, "x", 1));
    signal(SIGPIPE, SIG_DFL);
    pair_close(&pair);
    return 0;
}
