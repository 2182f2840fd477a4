/* The check itself: the program ends with its message and SIGABRT. */
#include "../snippet.h"

ssize_t __recv_chk(int, void *, size_t, size_t, int);

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    client_sends(&pair, "too much");
    fflush(stdout);
    __recv_chk(pair.server, buffer, 32, sizeof buffer, 0);
    return 1;
}
