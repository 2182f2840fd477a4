/* Many small allocations that end together. All-zero is empty and valid. */
#ifndef APMSHIM_BASE_ARENA_H
#define APMSHIM_BASE_ARENA_H

#include <stddef.h>
#include "base/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
};

/* Aligned for any object; never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
/* NUL-terminated copies. */
char *arena_bytes(struct arena *arena, struct bytes bytes);
char *arena_string(struct arena *arena, const char *s); /* NULL gives NULL */
/* Neither may be NULL. */
char *arena_joined(struct arena *arena, const char *first, const char *second);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

#endif
