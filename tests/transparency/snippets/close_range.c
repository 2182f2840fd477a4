#include "../snippet.h"

int close_range(unsigned, unsigned, int);
enum { CLOEXEC = 4 };

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    int copy = fcntl(pair.server, F_DUPFD, 150);
    SHOW(close_range(10, 5, 0));
    SHOW(close_range((unsigned)copy, (unsigned)copy, 0x80));
    SHOW(write(copy, "not closed", 10));
    SHOW(close_range((unsigned)copy, (unsigned)copy, CLOEXEC));
    SHOW(fcntl(copy, F_GETFD));
    SHOW(write(copy, ", only marked", 13));
    client_shows(&pair);
    SHOW(close_range(100, ~0u, 0));
    SHOW(write(copy, "x", 1));
    client_sends(&pair, "original");
    SHOW(read(pair.server, buffer, sizeof buffer));
    SHOW(close_range(3, ~0u, 0));
    SHOW(write(pair.server, "x", 1));
    SHOW(close_range(3, ~0u, 0));
    pair = pair_tcp(); /* and everything works afterwards */
    SHOW(write(pair.server, "new", 3));
    client_shows(&pair);
    pair_close(&pair);
    return 0;
}
