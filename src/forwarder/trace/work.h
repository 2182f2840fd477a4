/* Between attention.c, which knows what each thread works for, and work.c, which keeps what is not
 * known yet. */
#ifndef APMSHIM_TRACE_WORK_H
#define APMSHIM_TRACE_WORK_H

#include "trace/state.h"

/* The caller holds it. fallback: see struct work; may be NULL. */
struct work *work_new(
    struct tracer *tracer, uint32_t pid, struct live_transaction *fallback, uint64_t time);
/* A call that begins is of this work, or of this transaction. */
void work_attach(struct work *work, struct live_span *span);
void work_assign(struct live_span *span, struct live_transaction *transaction);
/* All of it belongs to the transaction, by this rule (NULL: no weak one). Here and below: whoever
 * calls holds the work. */
void work_settle(struct tracer *tracer, struct work *work, struct live_transaction *transaction,
    const char *rule);
/* One call that has ended. */
void work_settle_waiting(struct tracer *tracer, struct work *work, struct live_span *span,
    struct live_transaction *transaction, const char *rule);
/* A response was begun behind the results of a chain. */
void work_settle_chain(
    struct tracer *tracer, struct work *work, struct live_transaction *transaction);
/* Nobody will claim it, or what of it has ended. */
void work_settle_without_claim(struct tracer *tracer, struct work *work);
/* Finished calls, all of them: no time is later than any that a record may claim. */
void work_give_up_waiting(struct tracer *tracer, struct work *work);
/* Those that began before this time. */
void work_give_up_earlier(struct tracer *tracer, struct work *work, uint64_t before);

#endif
