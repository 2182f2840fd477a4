/* Copies of events, for sinks that keep them. Headers are left out; of a text longer than
 * COPY_TEXT_MAX bytes the rest is. */
#ifndef APMSHIM_EXPORT_COPY_H
#define APMSHIM_EXPORT_COPY_H

#include "base/arena.h"
#include "trace/model.h"

enum { COPY_TEXT_MAX = 16 * 1024, COPY_FRAMES_MAX = 256 };

struct copier {
    struct arena *arena;
    size_t bytes; /* allocated so far */
    /* The stack copied last: spans of one call site come in runs. Its pointer stands for its
     * content, as in stack_cache.h. */
    const struct stacktrace *stack, *stack_copy;
};

struct transaction copy_transaction(struct copier *c, const struct transaction *transaction);
struct span copy_span(struct copier *c, const struct span *span);
struct error copy_error(struct copier *c, const struct error *error);

#endif
