#include "../snippet.h"

#include <aio.h>

static char text[] = "written later";

int snippet(void)
{
    struct pair pair = pair_tcp();
    struct aiocb block = {
        .aio_fildes = pair.server, .aio_buf = text, .aio_nbytes = sizeof text, .aio_reqprio = -1};
    SHOW(aio_write(&block)); /* refused before a thread is needed */
    pair_close(&pair);
    return 0;
}
