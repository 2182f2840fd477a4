#include "export/endpoints.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/buf.h"

/* One endpoint while it is added to. */
struct gathered {
    char *key; /* type, a newline, name */
    char *type, *name;
    uint64_t *durations;
    size_t count;
    uint64_t failures, successes, total_ns;
    struct whole_copy slowest;
    UT_hash_handle hh;
};

struct endpoints {
    struct assembler *assembler;
    struct gathered *gathered;
    struct endpoint *items;
    uint64_t requests, begin_us, end_us;
};

static struct gathered *gathered_of(struct endpoints *e, const struct transaction *t)
{
    const char *name = t->name ? t->name : "unnamed", *type = t->type ? t->type : "";
    struct gathered *g;
    struct buf key = {0};
    buf_printf(&key, "%s\n%s", type, name);
    HASH_FIND_STR(e->gathered, key.data, g);
    if (g) {
        buf_free(&key);
        return g;
    }
    g = xcalloc(1, sizeof *g);
    g->key = buf_take(&key);
    g->type = xstrdup(type);
    g->name = xstrdup(name);
    HASH_ADD_KEYPTR(hh, e->gathered, g->key, strlen(g->key), g);
    return g;
}

static void keep_slowest(struct gathered *g, const struct whole_trace *trace)
{
    const struct transaction *kept = g->slowest.trace.transaction;
    if (kept && kept->duration_ns >= trace->transaction->duration_ns)
        return;
    whole_copy_free(&g->slowest);
    whole_copy(&g->slowest, trace);
}

static void take(void *self, const struct whole_trace *trace)
{
    struct endpoints *e = self;
    const struct transaction *t = trace->transaction;
    if (trace->late)
        return;
    struct gathered *g = gathered_of(e, t);
    if ((g->count & (g->count - 1)) == 0) /* grows at powers of two */
        g->durations = xrealloc(g->durations, (g->count ? g->count * 2 : 1) * sizeof *g->durations);
    g->durations[g->count++] = t->duration_ns;
    g->total_ns += t->duration_ns;
    g->failures += t->outcome == OUTCOME_FAILURE;
    g->successes += t->outcome == OUTCOME_SUCCESS;
    keep_slowest(g, trace);
    uint64_t end_us = t->timestamp_us + t->duration_ns / 1000;
    if (!e->requests++ || t->timestamp_us < e->begin_us)
        e->begin_us = t->timestamp_us;
    if (end_us > e->end_us)
        e->end_us = end_us;
}

/* ---- the sink ---- */

static void add_transaction(void *self, const struct transaction *transaction)
{
    assembler_transaction(((struct endpoints *)self)->assembler, transaction);
}

static void add_span(void *self, const struct span *span)
{
    assembler_span(((struct endpoints *)self)->assembler, span);
}

static void add_error(void *self, const struct error *error)
{
    assembler_error(((struct endpoints *)self)->assembler, error);
}

static void tick(void *self, uint64_t now_ns)
{
    (void)now_ns;
    assembler_tick(((struct endpoints *)self)->assembler);
}

struct endpoints *endpoints_new(void)
{
    struct endpoints *e = xcalloc(1, sizeof *e);
    e->assembler = assembler_new(take, e);
    return e;
}

struct sink endpoints_sink(struct endpoints *endpoints)
{
    return (struct sink){.transaction = add_transaction,
        .span = add_span,
        .error = add_error,
        .tick = tick,
        .self = endpoints};
}

void endpoints_free(struct endpoints *e)
{
    struct gathered *g, *next;
    assembler_free(e->assembler);
    HASH_ITER(hh, e->gathered, g, next)
    {
        HASH_DEL(e->gathered, g);
        whole_copy_free(&g->slowest);
        free(g->durations);
        free(g->key);
        free(g->type);
        free(g->name);
        free(g);
    }
    free(e->items);
    free(e);
}

/* ---- summing up ---- */

static int by_size(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static int by_impact(const void *left, const void *right)
{
    const struct endpoint *a = left, *b = right;
    if (a->total_ns != b->total_ns)
        return a->total_ns < b->total_ns ? 1 : -1;
    return strcmp(a->name, b->name);
}

static struct endpoint sum_up(struct gathered *g, uint64_t total_ns)
{
    qsort(g->durations, g->count, sizeof *g->durations, by_size);
    size_t rank = (g->count * 95 + 99) / 100;
    return (struct endpoint){
        .name = g->name,
        .type = g->type,
        .requests = g->count,
        .failures = g->failures,
        .successes = g->successes,
        .total_ns = g->total_ns,
        .average_ns = g->total_ns / g->count,
        .percentile95_ns = g->durations[rank - 1],
        .impact = total_ns ? (double)g->total_ns / (double)total_ns : 0,
        .slowest = &g->slowest.trace,
    };
}

struct endpoint_list endpoints_list(struct endpoints *e)
{
    uint64_t total_ns = 0;
    size_t count = 0;
    assembler_flush(e->assembler);
    for (struct gathered *g = e->gathered; g; g = g->hh.next)
        total_ns += g->total_ns;
    e->items = xrealloc(e->items, (HASH_COUNT(e->gathered) + 1) * sizeof *e->items);
    for (struct gathered *g = e->gathered; g; g = g->hh.next)
        e->items[count++] = sum_up(g, total_ns);
    qsort(e->items, count, sizeof *e->items, by_impact);
    return (struct endpoint_list){count, e->items, e->requests, e->begin_us, e->end_us};
}

const struct endpoint *endpoints_slowest(const struct endpoint_list *list)
{
    const struct endpoint *slowest = NULL;
    for (size_t i = 0; i < list->count; i++)
        if (!slowest || list->items[i].average_ns > slowest->average_ns)
            slowest = &list->items[i];
    return slowest;
}

double endpoint_failure_rate(const struct endpoint *endpoint)
{
    uint64_t known = endpoint->failures + endpoint->successes;
    return known ? (double)endpoint->failures / (double)known : -1;
}
