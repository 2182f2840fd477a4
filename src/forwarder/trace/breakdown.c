/* Where the time of transactions goes: per name and type of transaction and kind of span, how often
 * and how long (breakdown metrics of Elastic's agent specification). */
#include "trace/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { GROUPS_MAX = 1000 };

struct breakdown {
    char *key; /* the four names, NUL-separated */
    size_t key_len;
    const char *names[4];
    uint64_t count, sum_ns;
    UT_hash_handle hh;
};

/* Keeps the intervals sorted and disjoint; nearly always the new one lies behind the others. */
static void cover(struct live_transaction *t, uint64_t start, uint64_t end)
{
    if (end > t->end && t->ended)
        end = t->end;
    size_t at = t->covered_count, last;
    while (at > 0 && t->covered[at - 1].end >= start)
        at--;
    for (last = at; last < t->covered_count && t->covered[last].start <= end; last++) {
        start = t->covered[last].start < start ? t->covered[last].start : start;
        end = t->covered[last].end > end ? t->covered[last].end : end;
    }
    size_t behind = t->covered_count - last;
    if (at == last) {
        t->covered = xrealloc(t->covered, (t->covered_count + 1) * sizeof *t->covered);
        memmove(t->covered + at + 1, t->covered + last, behind * sizeof *t->covered);
    } else {
        memmove(t->covered + at + 1, t->covered + last, behind * sizeof *t->covered);
    }
    t->covered[at] = (struct interval){start, end};
    t->covered_count = at + 1 + behind;
}

static struct breakdown *group_of(struct tracer *tracer, const char *const names[4])
{
    struct buf key = {0};
    struct breakdown *group;
    for (int i = 0; i < 4; i++)
        buf_add(&key, names[i] ? names[i] : "", (names[i] ? strlen(names[i]) : 0) + 1);
    HASH_FIND(hh, tracer->breakdowns, key.data, key.len, group);
    if (group || HASH_COUNT(tracer->breakdowns) >= GROUPS_MAX) {
        buf_free(&key);
        return group;
    }
    group = xcalloc(1, sizeof *group);
    group->key_len = key.len;
    group->key = buf_take(&key);
    for (size_t i = 0, at = 0; i < 4; at += strlen(group->key + at) + 1, i++)
        group->names[i] = names[i] ? group->key + at : NULL;
    HASH_ADD_KEYPTR(hh, tracer->breakdowns, group->key, group->key_len, group);
    return group;
}

static void add(
    struct tracer *tracer, const char *const names[4], uint64_t count, uint64_t duration_ns)
{
    struct breakdown *group = group_of(tracer, names);
    if (!group)
        return;
    group->count += count;
    group->sum_ns += duration_ns;
}

/* One of its spans, also one that is not sent. Its name may still change: told at the end. */
void breakdown_span(struct tracer *tracer, struct live_transaction *t, const struct live_span *span)
{
    if (!tracer->options->breakdown_metrics || t->sent)
        return;
    cover(t, span->start, span->end);
    for (size_t i = 0; i < t->kind_count; i++) {
        struct span_kind *kind = &t->kinds[i];
        if (strcmp(kind->type, span->event.type) != 0 ||
            (kind->subtype ? !span->event.subtype || strcmp(kind->subtype, span->event.subtype) != 0
                           : span->event.subtype != NULL))
            continue;
        kind->count++;
        kind->sum_ns += span->end - span->start;
        return;
    }
    if (t->kind_count == sizeof t->kinds / sizeof *t->kinds)
        return;
    t->kinds[t->kind_count++] = (struct span_kind){
        .type = arena_string(&t->arena, span->event.type),
        .subtype = arena_string(&t->arena, span->event.subtype),
        .count = 1,
        .sum_ns = span->end - span->start,
    };
}

void breakdown_transaction(struct tracer *tracer, struct live_transaction *t)
{
    if (!tracer->options->breakdown_metrics || !t->event.sampled)
        return;
    uint64_t self = t->end - t->start;
    for (size_t i = 0; i < t->covered_count; i++) {
        uint64_t covered = t->covered[i].end - t->covered[i].start;
        self -= covered < self ? covered : self;
    }
    add(tracer, (const char *[]){t->event.name, t->event.type, "app", NULL}, 1, self);
    for (size_t i = 0; i < t->kind_count; i++)
        add(tracer,
            (const char *[]){t->event.name, t->event.type, t->kinds[i].type, t->kinds[i].subtype},
            t->kinds[i].count, t->kinds[i].sum_ns);
}

void breakdown_send(struct tracer *tracer)
{
    struct breakdown *group, *next;
    HASH_ITER(hh, tracer->breakdowns, group, next)
    {
        uint64_t sum_us = group->sum_ns / 1000;
        const struct sample samples[] = {
            {"span.self_time.count", (double)group->count},
            {"span.self_time.sum.us", (double)sum_us},
        };
        struct metricset set = {
            .timestamp_us = epoch_us(tracer, tracer->now),
            .count = sizeof samples / sizeof *samples,
            .samples = samples,
            .transaction_name = group->names[0],
            .transaction_type = group->names[1],
            .span_type = group->names[2],
            .span_subtype = group->names[3],
        };
        if (tracer->sink->metricset && tracer->options->metrics_interval > 0)
            tracer->sink->metricset(tracer->sink->self, &set);
        HASH_DEL(tracer->breakdowns, group);
        free(group->key);
        free(group);
    }
}
