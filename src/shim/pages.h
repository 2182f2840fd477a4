/* Memory of our own, by system calls: libc's mmap is the service's to ask, and may be somebody
 * else's function of that name. */
#ifndef APMSHIM_SHIM_PAGES_H
#define APMSHIM_SHIM_PAGES_H

#include <stddef.h>
#include <sys/mman.h>

#include "probe.h"
#include "sys.h"

/* At an address that is taken by us already, or anywhere (NULL); fd -1: of no file. NULL: none. */
static inline void *pages_map_at(void *at, size_t size, int flags, long fd)
{
    flags |= (at ? MAP_FIXED : 0) | (fd < 0 ? MAP_ANONYMOUS : 0);
    long result = sys(SYS_mmap, at, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    return result < 0 && result > -PAGE ? NULL : (void *)result;
}

static inline void *pages_map(size_t size, int flags)
{
    return pages_map_at(NULL, size, flags, -1);
}

static inline void pages_unmap(void *at, size_t size)
{
    sys(SYS_munmap, at, size);
}

#endif
