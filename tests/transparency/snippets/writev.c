#include "../snippet.h"

static char text_three[64] = "three";
static char text_vectors[64] = " vectors";
static char text_v[64] = "v";
static struct iovec many[IOV_MAX + 1];

int snippet(void)
{
    struct pair pair = pair_tcp();
    struct iovec iov[3] = {{text_three, 5}, {NULL, 0}, {text_vectors, 8}};
    SHOW(writev(pair.server, iov, 3));
    client_shows(&pair);
    for (int i = 0; i <= IOV_MAX; i++)
        many[i] = (struct iovec){text_v, 1};
    SHOW(writev(pair.server, many, IOV_MAX));
    client_shows(&pair);
    SHOW(writev(pair.server, many, IOV_MAX + 1));
    SHOW(writev(pair.server, many, -1));
    SHOW(writev(pair.server, many, 0));
    SHOW(writev(pair.server, BAD_POINTER, 2));
    iov[2].iov_base = BAD_POINTER;
    SHOW(writev(pair.server, iov, 3));
    client_shows(&pair);
    iov[0].iov_len = iov[2].iov_len = SIZE_MAX / 2;
    SHOW(writev(pair.server, iov, 3));
    SHOW(writev(-1, iov, 1));
    pair_close(&pair);
    return 0;
}
