/* Blocking, non-blocking, with a timeout, interrupted, restarted, MSG_WAITALL. */
#include "../snippet.h"

int snippet(void)
{
    static char buffer[64];
    struct pair pair = pair_tcp();
    set_timeout(pair.server, SO_RCVTIMEO, 20);
    SHOW(recv(pair.server, buffer, 8, 0));
    set_timeout(pair.server, SO_RCVTIMEO, 0);
    alarm_in(20, 0, NULL, NULL);
    SHOW(recv(pair.server, buffer, 8, 0));
    alarm_show();
    alarm_in(20, SA_RESTART, &pair, "after the restart");
    SHOW(recv(pair.server, buffer, sizeof buffer, 0));
    alarm_show();
    show_bytes("got", buffer, 17);
    client_sends(&pair, "abc");
    alarm_in(20, SA_RESTART, &pair, "def");
    SHOW(recv(pair.server, buffer, 6, MSG_WAITALL));
    alarm_show();
    show_bytes("got", buffer, 6);
    SHOW(recv(pair.server, buffer, 3, 0));
    client_sends(&pair, "abc");
    alarm_in(20, 0, NULL, NULL);
    SHOW(recv(pair.server, buffer, 6, MSG_WAITALL)); /* what had come is the result */
    alarm_show();
    set_nonblocking(pair.server);
    SHOW(recv(pair.server, buffer, 8, 0));
    pair_close(&pair);
    return 0;
}
