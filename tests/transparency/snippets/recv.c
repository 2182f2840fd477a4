#include "../snippet.h"

int snippet(void)
{
    static char buffer[64];
    struct pair pair = pair_tcp();
    client_sends(&pair, "hello, recorder");
    SHOW(recv(pair.server, buffer, 5, MSG_PEEK));
    SHOW(recv(pair.server, buffer, 5, 0));
    show_bytes("got", buffer, 5);
    SHOW(recv(pair.server, buffer, 0, 0));
    SHOW(recv(pair.server, NULL, 0, 0));
    SHOW(recv(pair.server, NULL, 3, MSG_TRUNC)); /* thrown away, without a buffer */
    SHOW(recv(pair.server, buffer, sizeof buffer, MSG_DONTWAIT));
    show_bytes("got", buffer, 7);
    SHOW(recv(pair.server, buffer, sizeof buffer, MSG_DONTWAIT));
    client_sends(&pair, "x");
    SHOW(recv(pair.server, BAD_POINTER, 1, 0));
    SHOW(recv(pair.server, buffer, 1, MSG_OOB));
    SHOW(recv(pair.server, buffer, 1, MSG_ERRQUEUE));
    SHOW(recv(pair.server, buffer, 8, 0));
    shutdown(pair.client, SHUT_WR);
    await_input(pair.server);
    SHOW(recv(pair.server, buffer, 8, 0));
    SHOW(recv(pair.listener, buffer, 8, 0));
    SHOW(recv(-1, buffer, 8, 0));
    SHOW(recv(1000, buffer, 8, 0));
    SHOW(recv(INT_MAX, buffer, 8, 0));
    int file = open("/dev/zero", O_RDWR);
    SHOW(recv(file, buffer, 8, 0));
    close(file);
    pair_close(&pair);
    return 0;
}
