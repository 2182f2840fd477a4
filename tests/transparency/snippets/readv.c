#include "../snippet.h"

static char bytes[2 * IOV_MAX];
static struct iovec many[IOV_MAX + 1];

int snippet(void)
{
    struct pair pair = pair_tcp();
    struct iovec iov[3] = {{bytes, 3}, {NULL, 0}, {bytes + 3, 61}};
    client_sends(&pair, "into three vectors");
    SHOW(readv(pair.server, iov, 3));
    show_bytes("got", bytes, 18);
    for (int i = 0; i <= IOV_MAX; i++)
        many[i] = (struct iovec){bytes + i, 1};
    client_sends(&pair, "one byte each");
    SHOW(readv(pair.server, many, IOV_MAX));
    show_bytes("got", bytes, 13);
    SHOW(readv(pair.server, many, IOV_MAX + 1));
    SHOW(readv(pair.server, many, -1));
    SHOW(readv(pair.server, many, 0));
    SHOW(readv(pair.server, BAD_POINTER, 2));
    client_sends(&pair, "abcdef");
    iov[2].iov_base = BAD_POINTER;
    SHOW(readv(pair.server, iov, 3)); /* as far as it goes */
    iov[0].iov_len = iov[2].iov_len = SIZE_MAX / 2;
    SHOW(readv(pair.server, iov, 3));
    SHOW(readv(-1, iov, 1));
    pair_close(&pair);
    return 0;
}
