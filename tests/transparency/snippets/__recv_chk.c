#include "../snippet.h"

ssize_t __recv_chk(int, void *, size_t, size_t, int);

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    client_sends(&pair, "checked");
    SHOW(__recv_chk(pair.server, buffer, 3, sizeof buffer, MSG_PEEK));
    SHOW(__recv_chk(pair.server, buffer, sizeof buffer, sizeof buffer, 0));
    show_bytes("got", buffer, 7);
    SHOW(__recv_chk(pair.server, buffer, 1, sizeof buffer, MSG_DONTWAIT));
    SHOW(__recv_chk(pair.server, buffer, 0, 0, MSG_DONTWAIT));
    SHOW(__recv_chk(-1, buffer, 1, sizeof buffer, 0));
    pair_close(&pair);
    return 0;
}
