/* Whole traces: a transaction with the spans and errors that were handed over before and after it.
 *
 * Memory is bounded: what exceeds it is left out, which transaction->spans_started then shows.
 * Single-threaded. */
#ifndef APMSHIM_EXPORT_WHOLE_H
#define APMSHIM_EXPORT_WHOLE_H

#include "base/arena.h"
#include "trace/model.h"

struct whole_trace {
    const struct transaction *transaction;
    struct span *spans; /* in the order of their ends */
    size_t span_count;
    struct error *errors;
    size_t error_count;
    bool late; /* what came after the transaction had been handed over */
};

/* A deep copy, whose all-zero form is empty and may be freed. */
struct whole_copy {
    struct whole_trace trace;
    struct arena arena;
};

void whole_copy(struct whole_copy *copy, const struct whole_trace *trace);
void whole_copy_free(struct whole_copy *copy);

struct assembler;

/* take: called for each trace, which is valid only during the call, a tick or two after its
 * transaction came; again, with `late`, if more came afterwards. */
struct assembler *assembler_new(
    void (*take)(void *self, const struct whole_trace *trace), void *self);
void assembler_transaction(struct assembler *assembler, const struct transaction *transaction);
void assembler_span(struct assembler *assembler, const struct span *span);
void assembler_error(struct assembler *assembler, const struct error *error);
/* About ten times a second. */
void assembler_tick(struct assembler *assembler);
/* Hands over all whose transaction has come. */
void assembler_flush(struct assembler *assembler);
/* Flushes first; spans and errors whose transaction never came are gone. */
void assembler_free(struct assembler *assembler);

#endif
