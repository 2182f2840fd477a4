/* What PHP-FPM's pool is called. */
#ifndef APMSHIM_FPM_POOL_H
#define APMSHIM_FPM_POOL_H

#include "base/arena.h"
#include "base/bytes.h"

/* By the configuration that the program's arguments name, else by the one of its version. NULL: it
 * can't be read, or it has several pools. */
const char *fpm_pool(struct arena *arena, const char *exe, struct bytes argv);

#endif
