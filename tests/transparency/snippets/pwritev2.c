#include "../snippet.h"

static char text_gather[] = "gather", text_edoutput[] = "ed output";

int snippet(void)
{
    struct iovec iov[2] = {{text_gather, 6}, {text_edoutput, 9}};
    struct pair pair = pair_tcp();
    SHOW(pwritev2(pair.server, iov, 2, -1, 0));
    client_shows(&pair);
    SHOW(pwritev2(pair.server, iov, 2, 0, 0)); /* no offsets on a socket */
    SHOW(pwritev2(pair.server, iov, 2, -1, 1 << 20));
    SHOW(pwritev2(pair.server, BAD_POINTER, 2, -1, 0));
    SHOW(pwritev2(pair.server, iov, -1, -1, 0));
    iov[0].iov_base = BAD_POINTER;
    SHOW(pwritev2(pair.server, iov, 2, -1, 0));
    SHOW(pwritev2(-1, iov, 2, -1, 0));
    pair_close(&pair);
    return 0;
}
