/* The life of a transaction from its beginning to the moment it is sent. */
#include "trace/state.h"
#include "trace/tracer.h"

#include <math.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"

/* A transaction with a span that does not end is sent without it after this long. */
#define OPEN_SPAN_WAIT_NS UINT64_C(5000000000)

uint64_t epoch_us(const struct tracer *tracer, uint64_t time)
{
    return (time + tracer->realtime_offset) / 1000;
}

/* Head-based: decided by the trace id, so that a replay of the same ids decides alike. */
static void decide_sampling(struct tracer *tracer, struct transaction *event)
{
    double rate = round(tracer->options->transaction_sample_rate * 10000) / 10000;
    if (rate == 0 && tracer->options->transaction_sample_rate > 0)
        rate = 0.0001;
    uint64_t low;
    memcpy(&low, event->trace_id.bytes + 8, sizeof low);
    event->sampled = rate >= 1 || (double)(low >> 11) * 0x1p-53 < rate;
    event->sample_rate = event->sampled ? rate : 0;
}

struct live_transaction *transaction_begin(struct tracer *tracer, const char *type, uint64_t time)
{
    struct live_transaction *t = xcalloc(1, sizeof *t);
    t->start = t->end = time;
    t->refs = 1;
    t->event.id = new_id(tracer);
    t->event.trace_id = new_trace_id(tracer);
    t->event.type = type;
    decide_sampling(tracer, &t->event);
    return t;
}

void transaction_hold(struct live_transaction *t)
{
    t->refs++;
}

void transaction_drop(struct tracer *tracer, struct live_transaction *t)
{
    if (!t || --t->refs)
        return;
    span_flush(tracer, t);
    errors_send(tracer, t);
    arena_free(&t->arena);
    free(t->dropped);
    free(t->covered);
    free(t);
}

/* Nearly always the last. A time that garbage in the ring named must not stand before later ones.
 */
static void insert_by_end(struct tracer *tracer, struct live_transaction *t)
{
    struct live_transaction *before = tracer->ended ? tracer->ended->previous_ended : NULL;
    while (before && before->end > t->end)
        before = before == tracer->ended ? NULL : before->previous_ended;
    if (before)
        DL_APPEND_ELEM2(tracer->ended, before, t, previous_ended, next_ended);
    else
        DL_PREPEND2(tracer->ended, t, previous_ended, next_ended);
}

void transaction_end(struct tracer *tracer, struct live_transaction *t, uint64_t time)
{
    if (t->ended)
        return;
    t->ended = true;
    t->end = time > t->start ? time : t->start;
    transaction_hold(t);
    insert_by_end(tracer, t);
}

static void send_transaction(struct tracer *tracer, struct live_transaction *t)
{
    struct transaction *event = &t->event;
    work_settle_for(tracer, t);
    span_flush(tracer, t);
    t->sent = true;
    if (!t->ignored)
        request_name_settle(tracer, t); /* the errors have the same name */
    errors_send(tracer, t);
    if (t->ignored)
        return;
    event->name = transaction_name(tracer, t);
    event->timestamp_us = epoch_us(tracer, t->start);
    event->duration_ns = t->end - t->start;
    event->dropped = t->dropped;
    if (event->http)
        event->framework = tracer->framework;
    if (!event->sampled)
        event->http = NULL;
    breakdown_transaction(tracer, t);
    if (tracer->sink->transaction)
        tracer->sink->transaction(tracer->sink->self, event);
}

static bool is_waited_for(
    const struct tracer *tracer, const struct live_transaction *t, uint64_t now)
{
    return request_name_waits(t, now) ||
           (t->end + OPEN_SPAN_WAIT_NS > now && (t->open_spans || work_under_way_for(tracer, t)));
}

void transactions_send_ended(struct tracer *tracer, uint64_t before)
{
    struct live_transaction *t, *next;
    DL_FOREACH_SAFE2(tracer->ended, t, next, next_ended)
    {
        if (t->end >= before && before != UINT64_MAX)
            break;
        if (before != UINT64_MAX && is_waited_for(tracer, t, before))
            continue;
        DL_DELETE2(tracer->ended, t, previous_ended, next_ended);
        send_transaction(tracer, t);
        transaction_drop(tracer, t);
    }
}

void transactions_flush(struct tracer *tracer)
{
    work_settle_all(tracer, 0);
    transactions_send_ended(tracer, UINT64_MAX);
}
