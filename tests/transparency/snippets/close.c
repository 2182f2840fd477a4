#include "../snippet.h"

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp(), other = pair_tcp();
    SHOW(close(pair.server));
    SHOW(close(pair.server));
    /* Its number goes to something else at once. */
    int file = (int)SHOW(open("/dev/null", O_RDWR));
    SHOW(write(file, "to nobody", 9));
    SHOW(read(file, buffer, sizeof buffer));
    SHOW(close(file));
    await_input(pair.client);
    SHOW(read(pair.client, buffer, sizeof buffer));
    SHOW(close(-1));
    SHOW(close(70000));
    SHOW(close(INT_MAX));
    SHOW(close(other.listener));
    client_sends(&other, "goes on");
    SHOW(read(other.server, buffer, sizeof buffer));
    SHOW(close(other.server));
    SHOW(close(other.client));
    SHOW(close(pair.client));
    SHOW(close(pair.listener));
    return 0;
}
