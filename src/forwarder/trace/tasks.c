/* Several things that one thread of an interpreter does by turns, each as if it had a thread of its
 * own. The thread's own state is for what it does in none of them. */
#include "trace/state.h"

/* Threads are counted, so that none of them has this bit. */
#define IS_TASK (UINT64_C(1) << 63)

static struct writer as_thread(const struct writer *thread, uint64_t task)
{
    struct writer w = *thread;
    w.thread =
        IS_TASK | (task * UINT64_C(0x9e3779b97f4a7c15) ^ w.pid * UINT64_C(0xd6e8feb86659fd93));
    return w;
}

static const struct thread_state *find(const struct tracer *tracer, const struct writer *writer)
{
    const struct thread_state *thread;
    HASH_FIND(hh, tracer->threads, &writer->thread, sizeof writer->thread, thread);
    return thread;
}

/* Whether the stack is one that receives requests itself, and goes on receiving them: any other is
 * called for whatever its thread works for. */
static bool serves(const struct thread_state *stack, const struct thread_state *thread)
{
    return stack && stack->received && (!thread || thread->received <= stack->received);
}

struct writer writer_in_task(
    const struct tracer *tracer, const struct writer *thread, uint64_t task, bool gets_request)
{
    const struct writer inside = as_thread(thread, task);
    const struct thread_state *outside = task ? find(tracer, thread) : NULL;
    if (!task || (outside && outside->own)) /* what the service names itself goes before */
        return *thread;
    if (task & TASK_IS_STACK && !gets_request && !serves(find(tracer, &inside), outside))
        return *thread;
    return inside;
}

bool thread_is_task(const struct thread_state *thread)
{
    return thread->thread & IS_TASK;
}

void tasks_forget_unused(struct tracer *tracer, uint64_t before)
{
    struct thread_state *thread, *next;
    HASH_ITER(hh, tracer->threads, thread, next)
    {
        if (thread_is_task(thread) && thread->used < before && !thread->own && !thread->spans)
            thread_free(tracer, thread, tracer->now);
    }
}
