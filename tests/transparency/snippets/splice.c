#include "../snippet.h"

int snippet(void)
{
    static char buffer[16];
    int ends[2];
    struct pair pair = pair_tcp();
    if (pipe(ends) != 0)
        return 1;
    client_sends(&pair, "there and back");
    SHOW(splice(pair.server, NULL, ends[1], NULL, 5, 0));
    SHOW(splice(ends[0], NULL, pair.server, NULL, 5, 0));
    client_shows(&pair);
    SHOW(splice(pair.server, NULL, ends[1], NULL, 100, SPLICE_F_NONBLOCK));
    SHOW(read(ends[0], buffer, sizeof buffer));
    set_nonblocking(pair.server);
    SHOW(splice(pair.server, NULL, ends[1], NULL, 100, SPLICE_F_NONBLOCK));
    SHOW(splice(pair.server, NULL, pair.client, NULL, 5, 0)); /* no pipe */
    SHOW(splice(-1, NULL, ends[1], NULL, 5, 0));
    SHOW(splice(pair.server, BAD_POINTER, ends[1], NULL, 5, 0));
    close(ends[0]);
    close(ends[1]);
    pair_close(&pair);
    return 0;
}
