#include "../snippet.h"

#include <aio.h>

static char text[] = "written later";

int snippet(void)
{
    struct pair pair = pair_tcp();
    struct aiocb block = {.aio_fildes = pair.server,
        .aio_buf = text,
        .aio_nbytes = sizeof text,
        .aio_reqprio = -1,
        .aio_lio_opcode = LIO_WRITE};
    struct aiocb *list[] = {NULL, &block};
    SHOW(lio_listio(LIO_WAIT, list, 2, NULL)); /* refused before a thread is needed */
    SHOW(lio_listio(99, list, 2, NULL));
    SHOW(lio_listio(LIO_NOWAIT, list, 0, NULL));
    pair_close(&pair);
    return 0;
}
