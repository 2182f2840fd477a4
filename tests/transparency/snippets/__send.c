#include "../snippet.h"

ssize_t __send(int, const void *, size_t, int);

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW(__send(pair.server, "hello", 5, 0));
    SHOW(__send(pair.server, NULL, 0, 0));
    client_shows(&pair);
    SHOW(__send(pair.server, BAD_POINTER, 4, 0));
    SHOW(__send(-1, "x", 1, 0));
    signal(SIGPIPE, SIG_IGN);
    SHOW(__send(pair.listener, "x", 1, 0));
    signal(SIGPIPE, SIG_DFL);
    pair_close(&pair);
    return 0;
}
