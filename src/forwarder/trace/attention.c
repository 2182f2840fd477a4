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
#include "trace/work.h"

#include <stdlib.h>
#include <utlist.h>

enum { WAITING_MAX = 1000 };

/* ---- threads ---- */

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
    if (thread->received && !t->sent)
        *ret_answered = t;
    return NULL;
}

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
        work_settle_without_claim(tracer, work);
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
    thread->received = tracer->now;
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
    struct work *work = tracer->unsettled;
    while (
        work && (work->pid != pid || !work->chained || work->fallback != transaction || work->open))
        work = work->next;
    if (!work)
        return;
    work->refs++;
    work_settle_chain(tracer, work, transaction);
    work_put(tracer, work);
}

/* A thread that often answers another request than it was taken to work for runs tasks, each of
 * which goes on some turns after what it waited for has come: the last thing received tells
 * nothing. */
static bool runs_tasks(const struct thread_state *thread)
{
    return thread->answers_misfit * 50 > thread->answers_fit + 20;
}

static void compare_answer(
    struct tracer *tracer, struct thread_state *thread, const struct live_transaction *answered)
{
    struct live_transaction *ignored;
    const struct live_transaction *t = current(tracer, thread, &ignored);
    if (!thread->received || !t || !t->pid || answered->http.status || thread->crowded)
        return;
    if (t == answered)
        thread->answers_fit++;
    else
        thread->answers_misfit++;
}

void work_answering(
    struct tracer *tracer, struct thread_state *thread, struct live_transaction *transaction)
{
    struct work *work = thread->work;
    /* What a worker did before the request came was something else. */
    if (work && !work->transaction && !thread->received)
        work_give_up_earlier(tracer, work, transaction->start);
    compare_answer(tracer, thread, transaction);
    thread->acted = true;
    transaction->touched = true;
    if (transaction != thread->answered) {
        transaction_hold(transaction);
        transaction_drop(tracer, thread->answered);
        thread->answered = transaction;
    }
    if (runs_tasks(thread))
        return;
    if (thread->results > 1)
        settle_kept_chain(tracer, thread->pid, transaction);
    else if (work && !work->transaction && work->chained)
        work_settle_chain(tracer, work, transaction);
    else if (work && !work->transaction)
        work_settle(tracer, work, transaction, "response");
    else if (!thread->received)
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
    work_attach(work, span);
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
            work_settle_waiting(tracer, work, span, transaction, "only-request");
        work_put(tracer, work);
    }
    DL_FOREACH_SAFE2(transaction->open, span, next, next)
    if (span->event.sync == 0)
        detach(tracer, transaction, span);
}

/* ---- calls ---- */

/* Open requests that the process, or (tid not 0) this thread of it, had received by this time;
 * *ret_one: one of them. */
static unsigned open_requests(const struct tracer *tracer, uint32_t pid, uint32_t tid,
    uint64_t time, struct live_transaction **ret_one)
{
    unsigned count = 0;
    struct live_transaction *t;
    DL_FOREACH2(tracer->requests, t, next_open)
    {
        if (t->pid != pid || (tid && t->tid != tid) || t->start > time)
            continue;
        *ret_one = t;
        count++;
    }
    return count;
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
    if (thread->received)
        return;
    bool any = open_requests(tracer, span->pid, span->tid, span->start, &one);
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
    struct live_transaction *one;
    if (thread->own)
        return false;
    if (runs_tasks(thread))
        return open_requests(tracer, thread->pid, 0, UINT64_MAX, &one) > 1;
    if (thread->results > 1)
        return !go_on_with(tracer, thread, channel);
    /* On another connection than the result's it may be the first call of one that waits. */
    if (thread->results && channel && channel != thread->channel)
        return others_wait(tracer, thread, true);
    return thread->requests > 1 && !thread->results && others_wait(tracer, thread, true);
}

/* thread: NULL, or the one that goes on with this work. */
static void file_as_work(
    struct tracer *tracer, struct thread_state *thread, struct live_span *span, struct work *work)
{
    work_attach(work, span);
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
    span->tid = thread_is_task(thread) ? writer->tid : 0;
    if (setup)
        span->channel = 0;
    bool alone = is_alone(tracer, thread, span->channel);
    bool by_request = !thread->own && !thread->work && !thread->transaction;
    struct live_transaction *t = current(tracer, thread, &answered);
    if (!t && !answered && !thread->work)
        t = script_of(tracer, process, span->start);
    bool chained = t && t->pid && span->channel && span->channel == thread->channel &&
                   open_requests(tracer, writer->pid, 0, span->start, &other) > 1;
    bool doubtful = t && t->pid && !span->channel && (by_request || setup) &&
                    others_wait(tracer, thread, false);
    thread->acted = true;
    channel_forget(tracer, span->channel);
    if ((alone || (setup && doubtful)) && process->serves) {
        struct work *work = work_new(tracer, writer->pid, NULL, span->start);
        work->chained = true;
        work->hopeless = setup || runs_tasks(thread);
        file_as_work(tracer, work->hopeless ? NULL : thread, span, work);
        return;
    }
    if (t && t == process->script)
        note_worker(tracer, thread, span, setup);
    if (t && !chained && !doubtful) {
        work_assign(span, t);
        return;
    }
    note_worker(tracer, thread, span, setup);
    if (thread->work && !thread->work->transaction) {
        work_attach(thread->work, span);
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
    if (span->by_worker && open_requests(tracer, span->pid, span->tid, span->start, &one) == 1)
        span->candidate = one;
    if (++work->waiting_count <= WAITING_MAX && !work->hopeless)
        return;
    work->refs++;
    work_give_up_waiting(tracer, work);
    work_put(tracer, work);
}
