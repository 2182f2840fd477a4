/* What becomes of a finished span: compressed with its like, dropped by a limit, or sent (the order
 * that Elastic's specification of span limits gives). */
#include "trace/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"

enum { DROPPED_STATS_MAX = 128 };

struct live_span *span_begin(
    struct tracer *tracer, const struct writer *writer, uint64_t channel, uint64_t time)
{
    struct live_span *span = xcalloc(1, sizeof *span);
    span->channel = channel;
    span->start = span->end = time;
    span->event.id = new_id(tracer);
    span->event.sync = -1;
    span->db.rows_affected = -1;
    span->event.labels.items = span->labels;
    work_begin_call(tracer, writer, span);
    return span;
}

static void span_free(struct tracer *tracer, struct live_span *span)
{
    struct live_transaction *t = span->transaction;
    if (span->failure) {
        error_hold(tracer, span);
        return;
    }
    arena_free(&span->arena);
    free(span);
    transaction_drop(tracer, t);
}

static void add_label(struct live_span *span, struct label label)
{
    if (span->event.labels.count < sizeof span->labels / sizeof *span->labels)
        span->labels[span->event.labels.count++] = label;
}

void span_label(struct live_span *span, const char *key, const char *value)
{
    const char *kept = arena_string(&span->arena, value);
    add_label(span, (struct label){.key = key, .kind = LABEL_STRING, .string = kept});
}

void span_label_number(struct live_span *span, const char *key, double value)
{
    add_label(span, (struct label){.key = key, .kind = LABEL_NUMBER, .number = value});
}

void span_fail(struct live_span *span, const struct call_failure *failure)
{
    struct call_failure *copy = arena_alloc(&span->arena, sizeof *copy);
    *copy = (struct call_failure){
        .type = arena_string(&span->arena, failure->type),
        .message = arena_string(&span->arena, failure->message),
        .code = arena_string(&span->arena, failure->code),
        .module = arena_string(&span->arena, failure->module),
        .detail = arena_string(&span->arena, failure->detail),
        .hint = arena_string(&span->arena, failure->hint),
        .fatal = failure->fatal,
    };
    span->failure = copy;
    span->event.outcome = OUTCOME_FAILURE;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void count_dropped(struct live_transaction *t, const struct live_span *span)
{
    const struct span *event = &span->event;
    uint64_t count = event->composite_count ? event->composite_count : 1;
    uint64_t sum = event->composite_count ? event->composite_sum_ns : span->end - span->start;
    t->event.spans_dropped++;
    for (size_t i = 0; i < t->event.dropped_count; i++) {
        struct dropped_span_stats *d = &t->dropped[i];
        if (d->outcome != event->outcome || !same(d->resource, event->resource) ||
            !same(d->target_type, event->target_type) || !same(d->target_name, event->target_name))
            continue;
        d->count += count;
        d->sum_us += sum / 1000;
        return;
    }
    if (t->event.dropped_count == DROPPED_STATS_MAX)
        return;
    t->dropped = xrealloc(t->dropped, (t->event.dropped_count + 1) * sizeof *t->dropped);
    t->dropped[t->event.dropped_count++] = (struct dropped_span_stats){
        .resource = arena_string(&t->arena, event->resource),
        .target_type = arena_string(&t->arena, event->target_type),
        .target_name = arena_string(&t->arena, event->target_name),
        .outcome = event->outcome,
        .count = count,
        .sum_us = sum / 1000,
    };
}

/* The stack is taken for every statement; sending it is what the threshold saves. */
static const struct stacktrace *stack_due(struct tracer *tracer, const struct live_span *span)
{
    int64_t least = tracer->options->span_stack_trace_min_duration;
    if (least < 0 || (int64_t)(span->end - span->start) < least)
        return NULL;
    return stack_of(tracer, span->stack_id);
}

static void send_span(struct tracer *tracer, struct live_span *span)
{
    struct live_transaction *t = span->transaction;
    struct span *event = &span->event;
    event->trace_id = t->event.trace_id;
    event->transaction_id = t->event.id;
    if (!event->parent_id)
        event->parent_id = t->event.id;
    event->sample_rate = t->event.sample_rate;
    event->timestamp_us = epoch_us(tracer, span->start);
    event->duration_ns = span->end - span->start;
    event->stack = stack_due(tracer, span);
    if (event->composite_count)
        span_label_number(span, "repeated", event->composite_count);
    if (span->attribution)
        span_label(span, "apmshim_attribution", span->attribution);
    t->event.spans_started++;
    span->sent = true;
    if (tracer->sink->span)
        tracer->sink->span(tracer->sink->self, event);
}

static void send_or_drop(struct tracer *tracer, struct live_span *span)
{
    uint64_t shortest = (uint64_t)tracer->options->exit_span_min_duration;
    if (span->end - span->start < shortest && span->event.outcome != OUTCOME_FAILURE)
        count_dropped(span->transaction, span);
    else
        send_span(tracer, span);
    span_free(tracer, span);
}

void span_flush(struct tracer *tracer, struct live_transaction *t)
{
    struct live_span *span = t->buffered;
    t->buffered = NULL;
    if (span)
        send_or_drop(tracer, span);
}

static bool same_kind(const struct span *a, const struct span *b)
{
    return same(a->type, b->type) && same(a->subtype, b->subtype) &&
           same(a->target_type, b->target_type) && same(a->target_name, b->target_name);
}

/* How the two would be joined; COMPRESSION_NONE: not. */
static enum compression strategy(
    const struct options *options, const struct live_span *first, const struct live_span *next)
{
    uint64_t exact = (uint64_t)options->span_compression_exact_match_max_duration;
    uint64_t kind = (uint64_t)options->span_compression_same_kind_max_duration;
    uint64_t a = first->end - first->start, b = next->end - next->start;
    bool same_name = same(first->event.name, next->event.name);
    if (!same_kind(&first->event, &next->event) || first->event.parent_id != next->event.parent_id)
        return COMPRESSION_NONE;
    switch (first->event.compression) {
    case COMPRESSION_EXACT_MATCH:
        return same_name && b <= exact ? COMPRESSION_EXACT_MATCH : COMPRESSION_NONE;
    case COMPRESSION_SAME_KIND:
        return b <= kind ? COMPRESSION_SAME_KIND : COMPRESSION_NONE;
    case COMPRESSION_NONE:
        break;
    }
    if (same_name)
        return a <= exact && b <= exact ? COMPRESSION_EXACT_MATCH : COMPRESSION_NONE;
    return a <= kind && b <= kind ? COMPRESSION_SAME_KIND : COMPRESSION_NONE;
}

static void join(struct live_span *first, const struct live_span *next, enum compression how)
{
    struct span *event = &first->event;
    if (event->compression == COMPRESSION_NONE) {
        event->compression = how;
        event->composite_count = 1;
        event->composite_sum_ns = first->end - first->start;
        if (how == COMPRESSION_SAME_KIND)
            event->name = arena_printf(&first->arena, "Calls to %s%s%s", event->target_type,
                event->target_name ? "/" : "", event->target_name ? event->target_name : "");
    }
    event->composite_count++;
    event->composite_sum_ns += next->end - next->start;
    if (next->end > first->end)
        first->end = next->end;
}

static bool compressible(const struct options *options, const struct live_span *span)
{
    return options->span_compression_enabled && span->event.target_type &&
           span->event.outcome != OUTCOME_FAILURE;
}

void span_end(struct tracer *tracer, struct live_span *span, uint64_t time)
{
    span->end = time > span->start ? time : span->start;
    if (span->transaction)
        span_finish(tracer, span);
    else
        work_end_call(tracer, span);
}

/* What a driver made by itself is counted. What a program does that serves nobody is all told. */
static bool is_left_out(
    const struct tracer *tracer, const struct live_transaction *t, const struct live_span *span)
{
    int chores = tracer->options->sql_chores;
    return span->chore && span->event.outcome == OUTCOME_SUCCESS && chores != CHORES_SENT &&
           (chores == CHORES_COUNTED || strcmp(t->event.type, "script") != 0);
}

void span_finish(struct tracer *tracer, struct live_span *span)
{
    struct live_transaction *t = span->transaction;
    t->open_spans--;
    DL_DELETE2(t->open, span, previous, next);
    if (!t->ended && t->end < span->end)
        t->end = span->end;
    request_name_call(tracer, t, span);
    if (t->ignored || !t->event.sampled) {
        span_free(tracer, span);
        return;
    }
    breakdown_span(tracer, t, span);
    if (is_left_out(tracer, t, span)) {
        count_dropped(t, span);
        span_free(tracer, span);
        return;
    }
    if (t->event.spans_started + (t->buffered != NULL) >=
        (unsigned)tracer->options->transaction_max_spans) {
        enum compression how =
            t->buffered ? strategy(tracer->options, t->buffered, span) : COMPRESSION_NONE;
        if (how != COMPRESSION_NONE && compressible(tracer->options, span))
            join(t->buffered, span, how);
        else
            count_dropped(t, span);
        span_free(tracer, span);
        return;
    }
    if (!compressible(tracer->options, span) || t->sent) {
        span_flush(tracer, t);
        send_or_drop(tracer, span);
        return;
    }
    enum compression how =
        t->buffered ? strategy(tracer->options, t->buffered, span) : COMPRESSION_NONE;
    if (how != COMPRESSION_NONE) {
        join(t->buffered, span, how);
        span_free(tracer, span);
        return;
    }
    span_flush(tracer, t);
    t->buffered = span;
}
