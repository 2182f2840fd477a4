#include "../snippet.h"

int snippet(void)
{
    static char buffer[64];
    struct pair pair = pair_tcp();
    client_sends(&pair, "read me in parts");
    SHOW(read(pair.server, buffer, 4));
    SHOW(read(pair.server, buffer + 4, 60));
    show_bytes("got", buffer, 16);
    SHOW(read(pair.server, buffer, 0));
    set_timeout(pair.server, SO_RCVTIMEO, 20);
    SHOW(read(pair.server, buffer, 8));
    set_timeout(pair.server, SO_RCVTIMEO, 0);
    alarm_in(20, 0, NULL, NULL);
    SHOW(read(pair.server, buffer, 8));
    alarm_show();
    alarm_in(20, SA_RESTART, &pair, "again");
    SHOW(read(pair.server, buffer, 8));
    alarm_show();
    client_sends(&pair, "x");
    SHOW(read(pair.server, BAD_POINTER, 8));
    SHOW(read(pair.server, buffer, SIZE_MAX));
    set_nonblocking(pair.server);
    SHOW(read(pair.server, buffer, 8));
    shutdown(pair.client, SHUT_WR);
    await_input(pair.server);
    SHOW(read(pair.server, buffer, 8));
    SHOW(read(pair.listener, buffer, 8));
    SHOW(read(-1, buffer, 8));
    SHOW(read(70000, buffer, 8));
    pair_close(&pair);
    SHOW(read(pair.server, buffer, 8));
    return 0;
}
