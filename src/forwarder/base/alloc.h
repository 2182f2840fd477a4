/* Allocation that cannot fail: the forwarder ends on no memory, its supervisor starts it again. */
#ifndef APMSHIM_BASE_ALLOC_H
#define APMSHIM_BASE_ALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s);
/* Copies n bytes and adds a NUL. */
char *xmemdup0(const void *bytes, size_t n);

#endif
