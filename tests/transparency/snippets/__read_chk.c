#include "../snippet.h"

ssize_t __read_chk(int, void *, size_t, size_t);

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    client_sends(&pair, "checked");
    SHOW(__read_chk(pair.server, buffer, 3, sizeof buffer));
    SHOW(__read_chk(pair.server, buffer, 16, sizeof buffer));
    show_bytes("got", buffer, 4);
    set_nonblocking(pair.server);
    SHOW(__read_chk(pair.server, buffer, 16, sizeof buffer));
    SHOW(__read_chk(-1, buffer, 16, sizeof buffer));
    pair_close(&pair);
    return 0;
}
