/* What failed, as error events. Those of requests wait for their answer: whether the failure was
 * handled shows in it. */
#include "trace/state.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"

enum { HELD_MAX = 64 };

static void add_label(struct labels *labels, struct label *items, const char *key, const char *text)
{
    if (text && *text)
        items[labels->count++] = (struct label){.key = key, .kind = LABEL_STRING, .string = text};
}

static void send_one(
    struct tracer *tracer, const struct live_transaction *t, struct live_span *span)
{
    struct label items[2];
    const struct call_failure *failure = span->failure;
    if (t->ignored || !tracer->sink->error)
        return;
    struct error error = {
        .id = new_trace_id(tracer),
        .trace_id = t->event.trace_id,
        .transaction_id = t->event.id,
        .parent_id = span->sent ? span->event.id : t->event.id,
        .timestamp_us = epoch_us(tracer, span->end),
        .exception_type = failure->type,
        .exception_message = failure->message,
        .exception_code = failure->code,
        .exception_module = failure->module,
        .handled = !failure->fatal && (!t->http.method || t->event.outcome != OUTCOME_FAILURE),
        .culprit = span->event.name,
        .stack = stack_of(tracer, span->stack_id),
        .http = t->http.method ? &t->http : NULL,
        .framework = t->http.method ? tracer->framework : (struct framework){0},
        .transaction_sampled = t->event.sampled,
        .transaction_name = transaction_name(tracer, t),
        .transaction_type = t->event.type,
        .labels = {.items = items},
    };
    add_label(&error.labels, items, "detail", failure->detail);
    add_label(&error.labels, items, "hint", failure->hint);
    tracer->sink->error(tracer->sink->self, &error);
}

static void send_oldest(struct tracer *tracer, struct live_transaction *t)
{
    struct live_span *span = t->failed;
    DL_DELETE2(t->failed, span, previous, next);
    t->failed_count--;
    send_one(tracer, t, span);
    arena_free(&span->arena);
    free(span);
}

void error_hold(struct tracer *tracer, struct live_span *span)
{
    struct live_transaction *t = span->transaction;
    DL_APPEND2(t->failed, span, previous, next);
    t->failed_count++;
    if (!t->http.method || t->sent || t->failed_count > HELD_MAX)
        send_oldest(tracer, t);
    transaction_drop(tracer, t); /* which sends what it holds, if nobody has it any more */
}

void error_of_request(struct tracer *tracer, struct live_transaction *t,
    const struct call_failure *failure, const char *culprit, uint64_t time)
{
    struct live_span *span = xcalloc(1, sizeof *span); /* what holds it */
    span_fail(span, failure);
    span->transaction = t;
    span->start = span->end = time;
    span->event.name = arena_string(&span->arena, culprit);
    transaction_hold(t);
    error_hold(tracer, span);
}

void errors_send(struct tracer *tracer, struct live_transaction *t)
{
    while (t->failed)
        send_oldest(tracer, t);
}
