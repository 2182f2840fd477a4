#include "../snippet.h"

int __close(int);

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    SHOW(write(pair.server, "last", 4));
    SHOW(__close(pair.server));
    client_shows(&pair);
    await_input(pair.client);
    SHOW(read(pair.client, buffer, sizeof buffer));
    SHOW(__close(pair.server));
    SHOW(__close(-1));
    close(pair.client);
    close(pair.listener);
    return 0;
}
