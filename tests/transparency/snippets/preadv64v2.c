#include "../snippet.h"

static char bytes[64];

int snippet(void)
{
    struct pair pair = pair_tcp();
    struct iovec iov[3] = {{bytes, 3}, {NULL, 0}, {bytes + 3, 61}};
    client_sends(&pair, "into three vectors");
    SHOW(preadv64v2(pair.server, iov, 3, -1, 0));
    show_bytes("got", bytes, 18);
    client_sends(&pair, "x");
    SHOW(preadv64v2(pair.server, iov, 3, 0, 0)); /* no offsets on a socket */
    SHOW(preadv64v2(pair.server, iov, 3, -1, 1 << 20));
    SHOW(preadv64v2(pair.server, iov, -1, -1, 0));
    SHOW(preadv64v2(pair.server, BAD_POINTER, 2, -1, 0));
    iov[0].iov_base = BAD_POINTER;
    SHOW(preadv64v2(pair.server, iov, 3, -1, 0));
    SHOW(preadv64v2(-1, iov, 3, -1, 0));
    pair_close(&pair);
    return 0;
}
