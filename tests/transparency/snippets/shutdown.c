#include "../snippet.h"

int snippet(void)
{
    static char buffer[8];
    struct pair pair = pair_tcp();
    SHOW(shutdown(pair.server, 99));
    SHOW(shutdown(pair.server, SHUT_WR));
    await_input(pair.client);
    SHOW(read(pair.client, buffer, 8));
    client_sends(&pair, "half");
    SHOW(read(pair.server, buffer, 8));
    SHOW(shutdown(pair.server, SHUT_RD));
    SHOW(read(pair.server, buffer, 8));
    SHOW(shutdown(pair.server, SHUT_RDWR));
    SHOW(shutdown(pair.listener, SHUT_RDWR));
    SHOW(accept(pair.listener, NULL, NULL));
    SHOW(shutdown(-1, SHUT_RD));
    SHOW(shutdown(0, SHUT_RD));
    pair_close(&pair);
    return 0;
}
