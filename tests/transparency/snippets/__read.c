#include "../snippet.h"

ssize_t __read(int, void *, size_t);

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    client_sends(&pair, "hello");
    SHOW(__read(pair.server, buffer, 3));
    SHOW(__read(pair.server, buffer + 3, sizeof buffer - 3));
    show_bytes("read", buffer, 5);
    client_sends(&pair, "more");
    SHOW(__read(pair.server, BAD_POINTER, 4));
    set_nonblocking(pair.server);
    SHOW(__read(pair.server, buffer, 4));
    SHOW(__read(pair.server, buffer, 4));
    SHOW(__read(-1, buffer, 1));
    pair_close(&pair);
    return 0;
}
