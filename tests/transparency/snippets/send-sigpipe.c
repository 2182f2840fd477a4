/* Nobody reads any more: SIGPIPE ends the program as ever. */
#include "../snippet.h"

int snippet(void)
{
    struct pair pair = pair_unix();
    close(pair.client);
    SHOW(send(pair.server, "x", 1, MSG_NOSIGNAL));
    fflush(stdout);
    send(pair.server, "x", 1, 0);
    return 1;
}
