/* Lines of source files. Single-threaded. */
#ifndef APMSHIM_SYMBOLIZE_SOURCE_H
#define APMSHIM_SYMBOLIZE_SOURCE_H

#include "trace/model.h"

struct source_cache;

struct source_cache *source_cache_new(void);
void source_cache_free(struct source_cache *cache);

/* Gives the frame the line it is in and those around it, `lines` in all, as far as its file can be
 * read. They live as long as the cache. */
void source_add(struct source_cache *cache, struct frame *frame, unsigned lines);

#endif
