/* The same with the other names. */
#include <aio.h>

#define aiocb aiocb64
#define aio_read(...) aio_read64(__VA_ARGS__)
#define aio_return(...) aio_return64(__VA_ARGS__)
#include "aio_return.c"
