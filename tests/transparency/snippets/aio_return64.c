#include "../snippet.h"

#include <aio.h>

static char text[16];

int snippet(void)
{
    struct pair pair = pair_tcp();
    struct aiocb64 block = {
        .aio_fildes = pair.server, .aio_buf = text, .aio_nbytes = sizeof text, .aio_reqprio = -1};
    SHOW(aio_read64(&block)); /* refused before a thread is needed */
    SHOW(aio_return64(&block));
    pair_close(&pair);
    return 0;
}
