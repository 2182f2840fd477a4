/* Bounds how many names a service has: each costs the server a time series for ever. */
#ifndef APMSHIM_TRACE_NAME_POOL_H
#define APMSHIM_TRACE_NAME_POOL_H

#include <stddef.h>

struct name_pool;

/* limit 0: the default, 1000 names. */
struct name_pool *name_pool_new(size_t limit);
/* The name if it is known or there is room for one more, else overflow. Names live as long as the
 * pool; overflow is given back as it is. */
const char *name_pool_admit(struct name_pool *pool, const char *name, const char *overflow);
void name_pool_free(struct name_pool *pool);

#endif
