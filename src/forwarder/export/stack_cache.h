/* Stacks as JSON: each is encoded once and then copied, as the same few call sites come again and
 * again. Single-threaded. */
#ifndef APMSHIM_EXPORT_STACK_CACHE_H
#define APMSHIM_EXPORT_STACK_CACHE_H

#include "base/buf.h"
#include "trace/model.h"

struct stack_cache;

struct stack_cache *stack_cache_new(void);
/* Appends the array of frames. The pointer stands for the content: what it points to must never
 * change. cache may be NULL. */
void stack_cache_add(struct stack_cache *cache, struct buf *b, const struct stacktrace *stack);
void stack_cache_free(struct stack_cache *cache);

#endif
