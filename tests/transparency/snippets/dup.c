#include "../snippet.h"

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    int copy = (int)SHOW(dup(pair.server));
    SHOW(fcntl(copy, F_GETFD));
    SHOW(close(pair.server));
    SHOW(write(copy, "from the copy", 13));
    client_shows(&pair);
    client_sends(&pair, "to the copy");
    SHOW(read(copy, buffer, sizeof buffer));
    SHOW(close(copy));
    SHOW(dup(copy));
    SHOW(dup(-1));
    int listener = (int)SHOW(dup(pair.listener));
    SHOW(close(listener));
    SHOW(close(pair.client));
    SHOW(close(pair.listener));
    return 0;
}
