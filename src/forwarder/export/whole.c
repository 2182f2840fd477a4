#include "export/whole.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/alloc.h"
#include "export/copy.h"

enum {
    EVENTS_MAX = 1000,      /* spans and errors of one trace, each */
    UNFINISHED_MAX = 20000, /* traces whose transaction has not come */
    TAKEN_MAX = 1000,       /* that may yet get late spans */
    TICKS_BEFORE = 2,       /* from the transaction until it is taken */
    TICKS_AFTER = 100,      /* and until its late spans are no longer expected */
    HELD_BYTES_MAX = 32 << 20,
};

struct entry {
    uint64_t id; /* the transaction's */
    struct arena arena, events;
    struct copier copier; /* of the events */
    struct transaction transaction;
    struct span *spans;
    struct error *errors;
    size_t span_count, error_count;
    bool finished, taken; /* its transaction has come; has been handed over */
    unsigned ticks;       /* since then */
    UT_hash_handle hh;
};

struct assembler {
    void (*take)(void *self, const struct whole_trace *trace);
    void *self;
    struct entry *entries; /* in the order in which they were begun */
    size_t unfinished, taken, held_bytes;
};

/* ---- copies ---- */

void whole_copy(struct whole_copy *copy, const struct whole_trace *trace)
{
    struct copier c = {.arena = &copy->arena};
    struct transaction *transaction = arena_alloc(&copy->arena, sizeof *transaction);
    *transaction = copy_transaction(&c, trace->transaction);
    copy->trace = *trace;
    copy->trace.transaction = transaction;
    copy->trace.spans = arena_alloc(&copy->arena, (trace->span_count + 1) * sizeof *trace->spans);
    copy->trace.errors =
        arena_alloc(&copy->arena, (trace->error_count + 1) * sizeof *trace->errors);
    for (size_t i = 0; i < trace->span_count; i++)
        copy->trace.spans[i] = copy_span(&c, &trace->spans[i]);
    for (size_t i = 0; i < trace->error_count; i++)
        copy->trace.errors[i] = copy_error(&c, &trace->errors[i]);
}

void whole_copy_free(struct whole_copy *copy)
{
    arena_free(&copy->arena);
    *copy = (struct whole_copy){0};
}

/* ---- entries ---- */

struct assembler *assembler_new(void (*take)(void *self, const struct whole_trace *), void *self)
{
    struct assembler *a = xcalloc(1, sizeof *a);
    a->take = take;
    a->self = self;
    return a;
}

static void drop_events(struct assembler *a, struct entry *entry)
{
    a->held_bytes -= entry->copier.bytes;
    arena_free(&entry->events);
    entry->copier = (struct copier){.arena = &entry->events};
    entry->span_count = entry->error_count = 0;
}

static void drop(struct assembler *a, struct entry *entry)
{
    a->unfinished -= !entry->finished;
    a->taken -= entry->taken;
    drop_events(a, entry);
    HASH_DEL(a->entries, entry);
    arena_free(&entry->arena);
    free(entry->spans);
    free(entry->errors);
    free(entry);
}

static void drop_oldest(struct assembler *a, bool finished)
{
    for (struct entry *entry = a->entries; entry; entry = entry->hh.next)
        if (finished ? entry->taken : !entry->finished) {
            drop(a, entry);
            return;
        }
}

static void hand_over(struct assembler *a, struct entry *entry)
{
    struct whole_trace trace = {&entry->transaction, entry->spans, entry->span_count, entry->errors,
        entry->error_count, entry->taken};
    a->take(a->self, &trace);
    a->taken += !entry->taken;
    entry->taken = true;
    drop_events(a, entry);
}

static struct entry *entry_of(struct assembler *a, uint64_t id)
{
    struct entry *entry;
    HASH_FIND(hh, a->entries, &id, sizeof id, entry);
    if (entry)
        return entry;
    if (a->unfinished >= UNFINISHED_MAX)
        drop_oldest(a, false);
    entry = xcalloc(1, sizeof *entry);
    entry->id = id;
    entry->copier.arena = &entry->events;
    HASH_ADD(hh, a->entries, id, sizeof entry->id, entry);
    a->unfinished++;
    return entry;
}

/* ---- the sink's members ---- */

void assembler_transaction(struct assembler *a, const struct transaction *transaction)
{
    struct entry *entry = entry_of(a, transaction->id);
    if (entry->finished)
        return; /* twice the same id */
    struct copier c = {.arena = &entry->arena};
    entry->transaction = copy_transaction(&c, transaction);
    entry->finished = true;
    a->unfinished--;
    HASH_DEL(a->entries, entry); /* in the order of their transactions from now on */
    HASH_ADD(hh, a->entries, id, sizeof entry->id, entry);
}

static bool full(const struct assembler *a, size_t count)
{
    return count >= EVENTS_MAX || a->held_bytes >= HELD_BYTES_MAX;
}

/* The list with room for one more. */
static void *grown(void *items, size_t count, size_t size)
{
    bool power_of_two = (count & (count - 1)) == 0;
    return power_of_two ? xrealloc(items, (count ? count * 2 : 1) * size) : items;
}

void assembler_span(struct assembler *a, const struct span *span)
{
    struct entry *entry = entry_of(a, span->transaction_id);
    if (full(a, entry->span_count))
        return;
    a->held_bytes -= entry->copier.bytes;
    entry->spans = grown(entry->spans, entry->span_count, sizeof *span);
    entry->spans[entry->span_count++] = copy_span(&entry->copier, span);
    a->held_bytes += entry->copier.bytes;
}

void assembler_error(struct assembler *a, const struct error *error)
{
    struct entry *entry = entry_of(a, error->transaction_id);
    if (full(a, entry->error_count))
        return;
    a->held_bytes -= entry->copier.bytes;
    entry->errors = grown(entry->errors, entry->error_count, sizeof *error);
    entry->errors[entry->error_count++] = copy_error(&entry->copier, error);
    a->held_bytes += entry->copier.bytes;
}

static bool has_news(const struct entry *entry)
{
    return entry->finished && (!entry->taken || entry->span_count || entry->error_count);
}

void assembler_tick(struct assembler *a)
{
    struct entry *entry, *next;
    HASH_ITER(hh, a->entries, entry, next)
    {
        if (entry->finished && ++entry->ticks >= TICKS_BEFORE && has_news(entry))
            hand_over(a, entry);
        if (entry->ticks > TICKS_AFTER)
            drop(a, entry);
    }
    while (a->taken > TAKEN_MAX)
        drop_oldest(a, true);
}

void assembler_flush(struct assembler *a)
{
    for (struct entry *entry = a->entries; entry; entry = entry->hh.next)
        if (has_news(entry))
            hand_over(a, entry);
}

void assembler_free(struct assembler *a)
{
    assembler_flush(a);
    while (a->entries)
        drop(a, a->entries);
    free(a);
}
