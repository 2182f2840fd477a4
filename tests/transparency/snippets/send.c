#include "../snippet.h"

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW(send(pair.server, "hello", 5, 0));
    SHOW(send(pair.server, ", client", 8, MSG_MORE));
    SHOW(send(pair.server, "!", 1, MSG_NOSIGNAL));
    client_shows(&pair);
    SHOW(send(pair.server, "", 0, 0));
    SHOW(send(pair.server, NULL, 0, 0));
    SHOW(send(pair.server, BAD_POINTER, 4, 0));
    SHOW(send(pair.server, "urgent", 6, MSG_OOB));
    SHOW(send(pair.listener, "x", 1, MSG_NOSIGNAL));
    SHOW(send(-1, "x", 1, 0));
    SHOW(send(1000, "x", 1, 0));
    int file = open("/dev/null", O_WRONLY);
    SHOW(send(file, "x", 1, 0));
    close(file);
    shutdown(pair.server, SHUT_WR);
    SHOW(send(pair.server, "x", 1, MSG_NOSIGNAL));
    pair_close(&pair);
    return 0;
}
