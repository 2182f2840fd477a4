/* What a thread works for, so that its calls find their request.
 *
 * A thread works for whatever it last received: a request, or the result of a call, which takes it
 * back to the request that had asked. Where that does not tell, its calls are work of somebody not
 * known yet: the request is answered already; the thread never received one; or the call goes out
 * on the connection whose result has just come while other requests are open, one of which may have
 * waited for it. That is settled by, in this order,
 *
 *   response      the thread goes on to answer a request: it was that one's
 *   after-response  the thread turns to something else: it belonged to the request it had answered
 *   only-request  one request alone was open in the process from the call's begin to its end, and
 *                 the thread never calls while none is
 *   unassigned    nobody claimed it: a transaction of its own
 *
 * and each such span carries the rule as its label. */
#include "trace/state.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"

#define LABEL "apmshim_attribution"
/* Work that nobody has claimed by then never will be. */
#define UNCLAIMED_NS UINT64_C(5000000000)

enum { WAITING_MAX = 1000 };

/* ---- a piece of work not known to be anybody's ---- */

static struct work *work_new(
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
    return work;
}

void work_put(struct tracer *tracer, struct work *work)
{
    if (!work || --work->refs)
        return;
    if (!work->transaction)
        DL_DELETE(tracer->unsettled, work);
    transaction_drop(tracer, work->transaction);
    transaction_drop(tracer, work->fallback);
    free(work);
}

static void attach(struct work *work, struct live_span *span)
{
    work->refs++;
    work->last_call = span->start;
    span->work = work;
    DL_APPEND2(work->open, span, previous, next);
}

static void assign(struct live_span *span, struct live_transaction *transaction)
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
    if (rule)
        span_label(span, LABEL, rule);
    assign(span, transaction);
}

static void settle_waiting(struct tracer *tracer, struct work *work, struct live_span *span,
    struct live_transaction *transaction, const char *rule)
{
    DL_DELETE2(work->waiting, span, previous, next);
    work->waiting_count--;
    move(span, transaction, rule);
    span_finish(tracer, span);
}

static void settle(struct tracer *tracer, struct work *work, struct live_transaction *transaction,
    const char *rule)
{
    struct live_span *span, *next;
    DL_DELETE(tracer->unsettled, work);
    transaction_hold(transaction);
    work->transaction = transaction;
    DL_FOREACH_SAFE2(work->waiting, span, next, next)
    settle_waiting(tracer, work, span, transaction, rule);
    DL_FOREACH_SAFE2(work->open, span, next, next)
    {
        DL_DELETE2(work->open, span, previous, next);
        move(span, transaction, rule);
    }
}

/* Finished calls that nobody has claimed: each is a transaction of its own. */
static void give_up_waiting(struct tracer *tracer, struct work *work)
{
    struct live_span *span, *next;
    DL_FOREACH_SAFE2(work->waiting, span, next, next)
    {
        struct live_transaction *t = transaction_begin(tracer, "custom", span->start);
        uint64_t end = span->end;
        t->event.name = arena_string(&t->arena, span->event.name);
        t->event.outcome = span->event.outcome;
        settle_waiting(tracer, work, span, t, "unassigned");
        transaction_end(tracer, t, end);
        transaction_drop(tracer, t);
    }
}

/* ---- chains ---- */

/* A pool with more requests than connections hands a connection on as soon as it has its result.
 * Whether the process does such a thing is seen at the chains' ends. */
static bool chains_hold(struct tracer *tracer, uint32_t pid)
{
    const struct process *process = process_of(tracer, pid);
    return process->chains_broken * 50 <= process->chains_kept + 20;
}

static void count_chain(struct tracer *tracer, const struct work *work, bool kept)
{
    struct process *process = process_of(tracer, work->pid);
    if (kept)
        process->chains_kept++;
    else
        process->chains_broken++;
}

static void forget_fallback(struct tracer *tracer, struct work *work)
{
    transaction_drop(tracer, work->fallback);
    work->fallback = NULL;
}

/* The last call that has a result is of the request that is being answered. So are those before it
 * if the process does not hand connections on. What has no result yet was begun for another one. */
static void settle_chain(
    struct tracer *tracer, struct work *work, struct live_transaction *transaction)
{
    bool kept = work->fallback && work->fallback == transaction;
    struct live_span *span, *next, *last = work->waiting ? work->waiting->previous : NULL;
    if (last && work->fallback)
        count_chain(tracer, work, kept);
    bool all = chains_hold(tracer, work->pid) && (kept || !work->fallback);
    DL_FOREACH_SAFE2(work->waiting, span, next, next)
    if (all || span == last)
        settle_waiting(tracer, work, span, transaction, kept && all ? NULL : "response");
    give_up_waiting(tracer, work);
    if (last || kept)
        forget_fallback(tracer, work);
}

static void settle_without_claim(struct tracer *tracer, struct work *work)
{
    bool certain = !work->chained || (!work->doubtful && chains_hold(tracer, work->pid));
    if (work->doubtful && work->waiting)
        count_chain(tracer, work, false);
    if (work->fallback && certain)
        settle(tracer, work, work->fallback, "after-response");
    else
        give_up_waiting(tracer, work);
}

/* ---- threads ---- */

/* The thread turns to something else. What it did after a response, and has results of, was that
 * request's; what is still under way may yet be claimed when its result comes. */
static void leave(struct tracer *tracer, struct thread_state *thread)
{
    struct work *work = thread->work;
    thread->work = NULL;
    transaction_drop(tracer, thread->transaction);
    thread->transaction = NULL;
    /* Of several results each may still be gone on with. */
    bool done = thread->results < 2;
    if (done && work && !work->transaction && !work->open && (work->fallback || work->chained))
        settle_without_claim(tracer, work);
    work_put(tracer, work);
}

void work_forget_thread(struct tracer *tracer, struct thread_state *thread)
{
    leave(tracer, thread);
    transaction_drop(tracer, thread->answered);
    thread->answered = NULL;
}

static void turn_to(struct tracer *tracer, struct thread_state *thread,
    struct live_transaction *transaction, struct work *work)
{
    if (work ? work == thread->work : transaction == thread->transaction && !thread->work)
        return;
    if (work)
        work->refs++;
    else
        transaction_hold(transaction);
    leave(tracer, thread);
    thread->work = work;
    thread->transaction = work ? NULL : transaction;
}

/* Something new after something was done. */
static void begin_turn(struct thread_state *thread)
{
    if (thread->acted)
        thread->requests = thread->results = 0;
    thread->acted = false;
}

void work_received(struct tracer *tracer, struct thread_state *thread, uint64_t cookie)
{
    begin_turn(thread);
    thread->requests += !thread->requests || cookie != thread->cookie;
    leave(tracer, thread);
    thread->cookie = cookie;
    thread->channel = 0;
    thread->receives = true;
}

void work_resumed(struct tracer *tracer, struct thread_state *thread, const struct live_span *span)
{
    begin_turn(thread);
    thread->results += !thread->results || span->channel != thread->channel;
    thread->channel = span->channel;
    channel_brought(tracer, span);
    turn_to(tracer, thread, span->transaction, span->work);
}

/* Several results were read before anything was done with one: the chain that began with the
 * request that is answered now. */
static void settle_kept_chain(
    struct tracer *tracer, uint32_t pid, struct live_transaction *transaction)
{
    struct work *work;
    DL_FOREACH(tracer->unsettled, work)
    if (work->pid == pid && work->chained && work->fallback == transaction && !work->open)
        break;
    if (!work)
        return;
    work->refs++;
    settle_chain(tracer, work, transaction);
    work_put(tracer, work);
}

void work_answering(
    struct tracer *tracer, struct thread_state *thread, struct live_transaction *transaction)
{
    struct work *work = thread->work;
    thread->acted = true;
    transaction->touched = true;
    if (transaction != thread->answered) {
        transaction_hold(transaction);
        transaction_drop(tracer, thread->answered);
        thread->answered = transaction;
    }
    if (thread->results > 1)
        settle_kept_chain(tracer, thread->pid, transaction);
    else if (work && !work->transaction && work->chained)
        settle_chain(tracer, work, transaction);
    else if (work && !work->transaction)
        settle(tracer, work, transaction, "response");
    else if (!thread->receives)
        turn_to(tracer, thread, transaction, NULL);
}

/* A call under way when its request has been answered may have been made for another one, which
 * waited for a connection of a pool. */
static void detach(
    struct tracer *tracer, struct live_transaction *transaction, struct live_span *span)
{
    DL_DELETE2(transaction->open, span, previous, next);
    transaction->open_spans--;
    span->transaction = NULL;
    struct work *work = work_new(tracer, span->pid, transaction, span->start);
    work->chained = false;
    attach(work, span);
    work_put(tracer, work);
    transaction_drop(tracer, transaction);
}

void work_answered(struct tracer *tracer, struct live_transaction *transaction)
{
    struct live_span *span, *next;
    struct work *work, *next_work;
    DL_FOREACH_SAFE(tracer->unsettled, work, next_work)
    {
        work->refs++;
        DL_FOREACH_SAFE2(work->waiting, span, next, next)
        if (span->candidate == transaction)
            settle_waiting(tracer, work, span, transaction, "only-request");
        work_put(tracer, work);
    }
    DL_FOREACH_SAFE2(transaction->open, span, next, next)
    if (span->event.sync == 0)
        detach(tracer, transaction, span);
}

/* ---- calls ---- */

/* Open requests of the process that began by this time; *ret_one: one of them. */
static unsigned open_requests(
    const struct tracer *tracer, uint32_t pid, uint64_t time, struct live_transaction **ret_one)
{
    unsigned count = 0;
    struct live_transaction *t;
    DL_FOREACH2(tracer->requests, t, next_open)
    {
        if (t->pid != pid || t->start > time)
            continue;
        *ret_one = t;
        count++;
    }
    return count;
}

static struct conversation *conversation_of(
    struct tracer *tracer, const struct thread_state *thread)
{
    struct conversation *c = NULL;
    if (thread->cookie)
        HASH_FIND(hh, tracer->conversations, &thread->cookie, sizeof thread->cookie, c);
    return c;
}

/* Whose the thread's next call is; NULL: not known, *ret_answered is whom it answered last. */
static struct live_transaction *current(
    struct tracer *tracer, struct thread_state *thread, struct live_transaction **ret_answered)
{
    const struct conversation *c = NULL;
    struct live_transaction *t = thread->own;
    *ret_answered = NULL;
    thread->crowded = false;
    if (!t && thread->work)
        t = thread->work->transaction;
    else if (!t)
        t = thread->transaction;
    if (!t && !thread->work) {
        c = conversation_of(tracer, thread);
        t = c ? conversation_request(c, &thread->crowded) : thread->answered;
    }
    if (!t || t == thread->own || !t->ended)
        return t;
    /* A thread that never receives works for others by turns: for whom next, its answer will tell.
     */
    if (thread->receives && !t->sent)
        *ret_answered = t;
    return NULL;
}

struct live_transaction *work_transaction(
    struct tracer *tracer, const struct writer *writer, uint64_t time)
{
    struct live_transaction *answered;
    struct thread_state *thread = thread_of(tracer, writer);
    struct live_transaction *t = current(tracer, thread, &answered);
    if (t || answered)
        return t ? t : answered;
    struct process *process = process_of(tracer, writer->pid);
    return process->serves ? NULL : script_of(tracer, process, time);
}

static void note_worker(
    struct tracer *tracer, struct thread_state *thread, struct live_span *span, bool setup)
{
    struct live_transaction *one;
    if (thread->receives)
        return;
    bool any = open_requests(tracer, span->pid, span->start, &one);
    if (!any && !setup)
        thread->independent = true;
    span->by_worker = any && !thread->independent;
}

/* Whether the thread has received another request, on another connection, that the call may as well
 * be of; untouched: one with which nothing was done yet. */
static bool others_wait(
    const struct tracer *tracer, const struct thread_state *thread, bool untouched)
{
    const struct live_transaction *t;
    DL_FOREACH2(tracer->requests, t, next_open)
    if (t->thread == thread->thread && t->cookie != thread->cookie && !(untouched && t->touched))
        return true;
    return false;
}

/* Of several results the one that the call's connection has brought. */
static bool go_on_with(struct tracer *tracer, struct thread_state *thread, uint64_t channel)
{
    struct live_transaction *transaction;
    struct work *work;
    if (!channel_owner(tracer, channel, &transaction, &work))
        return false;
    turn_to(tracer, thread, transaction, work);
    thread->channel = channel;
    return true;
}

/* Several things were received before the first was gone on with, as tasks do that a loop resumes
 * by turns: which one the call is of cannot be told. */
static bool is_alone(struct tracer *tracer, struct thread_state *thread, uint64_t channel)
{
    if (thread->own)
        return false;
    if (thread->results > 1)
        return !go_on_with(tracer, thread, channel);
    return thread->requests > 1 && !thread->results && others_wait(tracer, thread, true);
}

/* thread: NULL, or the one that goes on with this work. */
static void file_as_work(
    struct tracer *tracer, struct thread_state *thread, struct live_span *span, struct work *work)
{
    attach(work, span);
    if (thread && !thread->crowded) /* otherwise the next call may be somebody else's */
        turn_to(tracer, thread, NULL, work);
    work_put(tracer, work);
}

void work_begin_call(struct tracer *tracer, const struct writer *writer, struct live_span *span)
{
    struct live_transaction *answered, *other;
    struct thread_state *thread = thread_of(tracer, writer);
    struct process *process = process_of(tracer, writer->pid);
    bool setup = span->channel == CHANNEL_SETUP;
    span->pid = writer->pid;
    if (setup)
        span->channel = 0;
    bool alone = is_alone(tracer, thread, span->channel);
    bool by_request = !thread->own && !thread->work && !thread->transaction;
    struct live_transaction *t = current(tracer, thread, &answered);
    if (!t && !process->serves)
        t = script_of(tracer, process, span->start);
    bool chained = t && t->pid && span->channel && span->channel == thread->channel &&
                   open_requests(tracer, writer->pid, span->start, &other) > 1;
    bool doubtful =
        t && t->pid && !span->channel && by_request && others_wait(tracer, thread, false);
    thread->acted = true;
    channel_forget(tracer, span->channel);
    if ((alone || (setup && doubtful)) && process->serves) {
        struct work *work = work_new(tracer, writer->pid, NULL, span->start);
        work->chained = true;
        file_as_work(tracer, setup ? NULL : thread, span, work);
        return;
    }
    if (t && !chained && !doubtful) {
        assign(span, t);
        return;
    }
    note_worker(tracer, thread, span, setup);
    if (thread->work && !thread->work->transaction) {
        attach(thread->work, span);
        return;
    }
    struct work *work = work_new(tracer, writer->pid, t ? t : answered, span->start);
    work->chained = chained || doubtful;
    work->doubtful = doubtful;
    file_as_work(tracer, thread, span, work);
}

void work_end_call(struct tracer *tracer, struct live_span *span)
{
    struct work *work = span->work;
    struct live_transaction *one = NULL;
    work->last_call = span->end;
    DL_DELETE2(work->open, span, previous, next);
    DL_APPEND2(work->waiting, span, previous, next);
    if (span->by_worker && open_requests(tracer, span->pid, span->start, &one) == 1)
        span->candidate = one;
    if (++work->waiting_count <= WAITING_MAX)
        return;
    work->refs++;
    give_up_waiting(tracer, work);
    work_put(tracer, work);
}

/* ---- time ---- */

static void settle_unheld(struct tracer *tracer, struct work *work)
{
    work->refs++;
    settle_without_claim(tracer, work);
    work_put(tracer, work);
}

void work_tick(struct tracer *tracer, uint64_t now)
{
    struct work *work, *next;
    DL_FOREACH_SAFE(tracer->unsettled, work, next)
    if (work->waiting && !work->open && work->last_call + UNCLAIMED_NS < now)
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
