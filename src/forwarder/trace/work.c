/* Calls of requests that are not known yet, until something tells whose they were; attention.c says
 * what does. */
#include "trace/work.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"

/* Work that nobody has claimed by then never will be. */
#define UNCLAIMED_NS UINT64_C(30000000000)

enum { UNSETTLED_MAX = 4096, CHAINS_SEEN = 3 };

/* ---- a piece of work not known to be anybody's ---- */

struct work *work_new(
    struct tracer *tracer, uint32_t pid, struct live_transaction *fallback, uint64_t time)
{
    struct work *work = xcalloc(1, sizeof *work);
    work->refs = 1;
    work->pid = pid;
    work->last_call = time;
    work->fallback = fallback;
    if (fallback)
        transaction_hold(fallback);
    DL_APPEND(tracer->unsettled, work);
    tracer->unsettled_count++;
    return work;
}

static void forget_unsettled(struct tracer *tracer, struct work *work)
{
    DL_DELETE(tracer->unsettled, work);
    tracer->unsettled_count--;
}

void work_put(struct tracer *tracer, struct work *work)
{
    if (!work || --work->refs)
        return;
    if (!work->transaction)
        forget_unsettled(tracer, work);
    transaction_drop(tracer, work->transaction);
    transaction_drop(tracer, work->fallback);
    free(work);
}

void work_attach(struct work *work, struct live_span *span)
{
    work->refs++;
    work->last_call = span->start;
    span->work = work;
    DL_APPEND2(work->open, span, previous, next);
}

void work_assign(struct live_span *span, struct live_transaction *transaction)
{
    transaction_hold(transaction);
    transaction->touched = true;
    transaction->open_spans++;
    span->transaction = transaction;
    DL_APPEND2(transaction->open, span, previous, next);
}

/* From a work's lists to a transaction, under the rule that says so; NULL: no weak one. Whoever
 * settles work holds it. */
static void move(struct live_span *span, struct live_transaction *transaction, const char *rule)
{
    span->work->refs--;
    span->work = NULL;
    span->candidate = NULL;
    span->attribution = rule;
    work_assign(span, transaction);
}

void work_settle_waiting(struct tracer *tracer, struct work *work, struct live_span *span,
    struct live_transaction *transaction, const char *rule)
{
    DL_DELETE2(work->waiting, span, previous, next);
    work->waiting_count--;
    move(span, transaction, rule);
    span_finish(tracer, span);
}

void work_settle(struct tracer *tracer, struct work *work, struct live_transaction *transaction,
    const char *rule)
{
    struct live_span *span, *next;
    forget_unsettled(tracer, work);
    transaction_hold(transaction);
    work->transaction = transaction;
    DL_FOREACH_SAFE2(work->waiting, span, next, next)
    work_settle_waiting(tracer, work, span, transaction, rule);
    DL_FOREACH_SAFE2(work->open, span, next, next)
    {
        DL_DELETE2(work->open, span, previous, next);
        move(span, transaction, rule);
    }
}

/* Nobody has claimed it: it is a transaction of its own. */
static void give_up(struct tracer *tracer, struct work *work, struct live_span *span)
{
    struct live_transaction *t = transaction_begin(tracer, "custom", span->start);
    uint64_t end = span->end;
    t->event.name = arena_string(&t->arena, span->event.name);
    t->event.outcome = span->event.outcome;
    work_settle_waiting(tracer, work, span, t, "unassigned");
    transaction_end(tracer, t, end);
    transaction_drop(tracer, t);
}

void work_give_up_earlier(struct tracer *tracer, struct work *work, uint64_t before)
{
    struct live_span *span, *next;
    DL_FOREACH_SAFE2(work->waiting, span, next, next)
    if (span->start < before)
        give_up(tracer, work, span);
}

void work_give_up_waiting(struct tracer *tracer, struct work *work)
{
    while (work->waiting)
        give_up(tracer, work, work->waiting);
}

/* ---- chains ---- */

/* A pool with more requests than connections hands a connection on as soon as it has its result.
 * Whether the process does such a thing is seen at the chains' ends. */
static bool chains_hold(struct tracer *tracer, uint32_t pid)
{
    const struct process *process = process_known(tracer, pid);
    return !process || process->chains_broken * 50 <= process->chains_kept + 20;
}

static void count_chain(struct tracer *tracer, const struct work *work, bool kept)
{
    struct process *process = process_known(tracer, work->pid);
    if (process && kept)
        process->chains_kept++;
    else if (process)
        process->chains_broken++;
}

static void forget_fallback(struct tracer *tracer, struct work *work)
{
    transaction_drop(tracer, work->fallback);
    work->fallback = NULL;
}

/* The last call that has a result is of the request that is being answered. So are those before it
 * if the process does not hand connections on. What has no result yet was begun for another one. */
void work_settle_chain(
    struct tracer *tracer, struct work *work, struct live_transaction *transaction)
{
    bool kept = work->fallback && work->fallback == transaction;
    struct live_span *span, *next, *last = work->waiting ? work->waiting->previous : NULL;
    if (last && work->fallback)
        count_chain(tracer, work, kept);
    /* A chain of which nobody knows the beginning needs a process that is known to keep them. */
    const struct process *process = process_known(tracer, work->pid);
    bool known = work->fallback ? kept : process && process->chains_kept >= CHAINS_SEEN;
    bool all = chains_hold(tracer, work->pid) && known;
    DL_FOREACH_SAFE2(work->waiting, span, next, next)
    if (all || span == last)
        work_settle_waiting(tracer, work, span, transaction, kept && all ? NULL : "response");
    work_give_up_waiting(tracer, work);
    if (last || kept)
        forget_fallback(tracer, work);
}

void work_settle_without_claim(struct tracer *tracer, struct work *work)
{
    bool certain = !work->chained || (!work->doubtful && chains_hold(tracer, work->pid));
    if (work->doubtful && work->waiting)
        count_chain(tracer, work, false);
    if (work->fallback && certain)
        work_settle(tracer, work, work->fallback, "after-response");
    else
        work_give_up_waiting(tracer, work);
}

/* ---- time ---- */

static void settle_unheld(struct tracer *tracer, struct work *work)
{
    work->refs++;
    work_settle_without_claim(tracer, work);
    work_put(tracer, work);
}

void work_tick(struct tracer *tracer, uint64_t now)
{
    struct work *work, *next;
    DL_FOREACH_SAFE(tracer->unsettled, work, next)
    if (work->waiting && !work->open &&
        (work->last_call + UNCLAIMED_NS < now || tracer->unsettled_count > UNSETTLED_MAX))
        settle_unheld(tracer, work);
}

bool work_under_way_for(const struct tracer *tracer, const struct live_transaction *transaction)
{
    const struct work *work;
    DL_FOREACH(tracer->unsettled, work)
    if (work->fallback == transaction && work->open)
        return true;
    return false;
}

void work_settle_for(struct tracer *tracer, struct live_transaction *transaction)
{
    struct work *work, *next;
    DL_FOREACH_SAFE(tracer->unsettled, work, next)
    if (work->fallback == transaction && work->waiting && !work->open)
        settle_unheld(tracer, work);
}

void work_settle_all(struct tracer *tracer, uint32_t pid)
{
    struct work *work, *next;
    DL_FOREACH_SAFE(tracer->unsettled, work, next)
    if ((!pid || work->pid == pid) && work->waiting)
        settle_unheld(tracer, work);
}
