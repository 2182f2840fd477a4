#include "../snippet.h"

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp(), other = pair_tcp();
    int file = open("/dev/null", O_RDWR);
    SHOW(dup2(pair.server, pair.server));
    SHOW(dup2(pair.server, other.server)); /* one connection over another */
    await_input(other.client);
    SHOW(read(other.client, buffer, sizeof buffer));
    SHOW(fcntl(other.server, F_GETFD));
    SHOW(write(other.server, "over", 4));
    client_shows(&pair);
    SHOW(dup2(file, pair.server)); /* a file over a connection */
    SHOW(write(pair.server, "to a file", 9));
    SHOW(read(pair.server, buffer, sizeof buffer));
    SHOW(dup2(-1, other.server));
    SHOW(dup2(file, -1));
    SHOW(dup2(file, INT_MAX));
    client_sends(&pair, "still");
    SHOW(read(other.server, buffer, sizeof buffer));
    SHOW(dup2(other.server, 200));
    SHOW(write(200, "high", 4));
    client_shows(&pair);
    close(200);
    close(file);
    pair_close(&pair);
    pair_close(&other);
    return 0;
}
