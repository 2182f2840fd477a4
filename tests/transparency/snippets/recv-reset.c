#include "../snippet.h"

int snippet(void)
{
    static char buffer[8];
    struct pair pair = pair_tcp();
    struct linger now = {1, 0};
    setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(pair.client);
    await_input(pair.server);
    SHOW(recv(pair.server, buffer, 8, 0));
    SHOW(recv(pair.server, buffer, 8, 0));
    signal(SIGPIPE, SIG_IGN);
    SHOW(send(pair.server, "x", 1, 0));
    signal(SIGPIPE, SIG_DFL);
    close(pair.server);
    close(pair.listener);
    return 0;
}
