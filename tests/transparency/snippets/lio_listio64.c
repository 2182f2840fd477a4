/* The same with the other names. */
#include <aio.h>

#define aiocb aiocb64
#define lio_listio(...) lio_listio64(__VA_ARGS__)
#include "lio_listio.c"
