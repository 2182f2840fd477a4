#include "../snippet.h"

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp(), other = pair_tcp();
    int file = open("/dev/null", O_RDWR);
    SHOW(dup3(pair.server, pair.server, O_CLOEXEC));
    SHOW(dup3(pair.server, other.server, O_CLOEXEC)); /* one connection over another */
    await_input(other.client);
    SHOW(read(other.client, buffer, sizeof buffer));
    SHOW(fcntl(other.server, F_GETFD));
    SHOW(write(other.server, "over", 4));
    client_shows(&pair);
    SHOW(dup3(file, pair.server, O_CLOEXEC)); /* a file over a connection */
    SHOW(write(pair.server, "to a file", 9));
    SHOW(read(pair.server, buffer, sizeof buffer));
    SHOW(dup3(-1, other.server, O_CLOEXEC));
    SHOW(dup3(file, -1, O_CLOEXEC));
    SHOW(dup3(file, INT_MAX, O_CLOEXEC));
    client_sends(&pair, "still");
    SHOW(read(other.server, buffer, sizeof buffer));
    SHOW(dup3(other.server, 200, O_CLOEXEC));
    SHOW(write(200, "high", 4));
    client_shows(&pair);
    close(200);
    close(file);
    pair_close(&pair);
    pair_close(&other);
    return 0;
}
