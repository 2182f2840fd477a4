/* Work that the service names itself, through apmshim.h. */
#include "trace/state.h"

#include <stdlib.h>

#include "base/alloc.h"

static enum outcome outcome_of(const struct rec_api *r)
{
    return r->outcome == 1 ? OUTCOME_SUCCESS : r->outcome == 2 ? OUTCOME_FAILURE : OUTCOME_UNKNOWN;
}

static void begin_transaction(
    struct tracer *tracer, struct thread_state *thread, const struct rec_api *r, const char *text)
{
    struct live_transaction *t = transaction_begin(tracer, "custom", r->head.time);
    t->event.name = arena_bytes(&t->arena, (struct bytes){text, r->name_len});
    if (r->type_len)
        t->event.type = arena_bytes(&t->arena, (struct bytes){text + r->name_len, r->type_len});
    api_end_thread(tracer, thread, r->head.time);
    thread->own = t;
    thread->own_handle = r->handle;
}

static void end_transaction(
    struct tracer *tracer, struct thread_state *thread, const struct rec_api *r, const char *text)
{
    struct live_transaction *t = thread->own;
    if (!t || thread->own_handle != r->handle)
        return;
    if (r->name_len)
        t->event.result = arena_bytes(&t->arena, (struct bytes){text, r->name_len});
    t->event.outcome = outcome_of(r);
    api_end_thread(tracer, thread, r->head.time);
}

static void begin_span(struct tracer *tracer, const struct writer *writer,
    struct thread_state *thread, const struct rec_api *r, const char *text)
{
    struct own_span *own = xcalloc(1, sizeof *own);
    own->handle = r->handle;
    own->span = span_begin(tracer, writer, 0, r->head.time);
    own->span->event.name = arena_bytes(&own->span->arena, (struct bytes){text, r->name_len});
    own->span->event.type = r->type_len ? arena_bytes(&own->span->arena,
                                              (struct bytes){text + r->name_len, r->type_len})
                                        : "app";
    own->span->event.parent_id = thread->spans ? thread->spans->span->event.id : 0;
    own->next = thread->spans;
    thread->spans = own;
}

static void pop_span(
    struct tracer *tracer, struct thread_state *thread, enum outcome outcome, uint64_t time)
{
    struct own_span *own = thread->spans;
    thread->spans = own->next;
    own->span->event.outcome = outcome;
    span_end(tracer, own->span, time);
    free(own);
}

/* Spans nest: those begun inside the one that ends, and never ended, end with it. */
static void end_span(struct tracer *tracer, struct thread_state *thread, const struct rec_api *r)
{
    const struct own_span *own = thread->spans;
    while (own && own->handle != r->handle)
        own = own->next;
    if (!own)
        return;
    while (thread->spans->handle != r->handle)
        pop_span(tracer, thread, OUTCOME_UNKNOWN, r->head.time);
    pop_span(tracer, thread, outcome_of(r), r->head.time);
}

static void name_transaction(
    struct tracer *tracer, const struct writer *writer, const struct rec_api *r, const char *text)
{
    struct live_transaction *t = work_transaction(tracer, writer, r->head.time);
    if (!t)
        return;
    t->event.name = arena_bytes(&t->arena, (struct bytes){text, r->name_len});
    t->named = true;
}

void api_record(struct tracer *tracer, const struct writer *writer, const struct rec_api *r)
{
    struct thread_state *thread = thread_of(tracer, writer);
    const char *text = (const char *)(r + 1);
    switch ((enum api_call)r->call) {
    case API_TRANSACTION_BEGIN:
        begin_transaction(tracer, thread, r, text);
        break;
    case API_TRANSACTION_END:
        end_transaction(tracer, thread, r, text);
        break;
    case API_SPAN_BEGIN:
        begin_span(tracer, writer, thread, r, text);
        break;
    case API_SPAN_END:
        end_span(tracer, thread, r);
        break;
    case API_TRANSACTION_NAME:
        name_transaction(tracer, writer, r, text);
        break;
    }
}

void api_end_thread(struct tracer *tracer, struct thread_state *thread, uint64_t time)
{
    while (thread->spans)
        pop_span(tracer, thread, OUTCOME_UNKNOWN, time);
    if (!thread->own)
        return;
    transaction_end(tracer, thread->own, time);
    transaction_drop(tracer, thread->own);
    thread->own = NULL;
}
