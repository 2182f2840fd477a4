#include "drain.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A record is committed a little after its time was taken; one thread may be preempted in between.
 * What is younger than this waits for a later pass, so that threads merge in the right order. */
#define HOLD_BACK_NS UINT64_C(20000000)

struct entry {
    uint64_t time, thread;
    uint32_t sequence, arrival;
    uint32_t pid, tid;
    size_t offset; /* of its copy; SIZE_MAX: the process has ended */
};

struct copies {
    uint8_t *data;
    size_t len, cap;
};

struct drain {
    struct ring *ring;
    struct tracer *tracer;
    FILE *recording;
    struct entry *entries;
    size_t count, cap;
    uint32_t arrivals;
    struct copies copies;
    struct rec_process *owner;
    uint32_t *seen; /* processes already told, sorted by nothing: few */
    size_t seen_count;
    void (*on_process)(void *self, uint32_t pid);
    void *on_process_self;
};

struct drain *drain_new(struct ring *ring, struct tracer *tracer, FILE *recording)
{
    struct drain *d = xcalloc(1, sizeof *d);
    d->ring = ring;
    d->tracer = tracer;
    d->recording = recording;
    return d;
}

void drain_on_process(struct drain *d, void (*seen)(void *, uint32_t), void *self)
{
    d->on_process = seen;
    d->on_process_self = self;
}

const struct rec_process *drain_owner(const struct drain *d)
{
    return d->owner;
}

static struct entry *add_entry(struct drain *d)
{
    if (d->count == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 1024;
        d->entries = xrealloc(d->entries, d->cap * sizeof *d->entries);
    }
    return &d->entries[d->count++];
}

static size_t add_copy(struct copies *copies, const void *bytes, size_t size)
{
    if (copies->len + size > copies->cap) {
        copies->cap = copies->cap ? copies->cap * 2 : 256 * 1024;
        if (copies->cap < copies->len + size)
            copies->cap = copies->len + size;
        copies->data = xrealloc(copies->data, copies->cap);
    }
    memcpy(copies->data + copies->len, bytes, size);
    copies->len += size;
    return copies->len - size;
}

static void note_process(struct drain *d, uint32_t pid)
{
    for (size_t i = d->seen_count; i-- > 0;)
        if (d->seen[i] == pid)
            return;
    d->seen = xrealloc(d->seen, (d->seen_count + 1) * sizeof *d->seen);
    d->seen[d->seen_count++] = pid;
    if (d->on_process)
        d->on_process(d->on_process_self, pid);
}

static void take(void *self, const struct chunk *chunk, const struct record *record)
{
    struct drain *d = self;
    *add_entry(d) = (struct entry){
        .time = record->time,
        .thread = chunk->thread,
        .sequence = chunk->sequence,
        .arrival = d->arrivals++,
        .pid = chunk->pid,
        .tid = chunk->tid,
        .offset = add_copy(&d->copies, record, record->size),
    };
    note_process(d, chunk->pid);
    if (record->type == REC_PROCESS && !d->owner && chunk->pid == d->ring->owner_pid) {
        d->owner = xmalloc(record->size);
        memcpy(d->owner, record, record->size);
    }
}

void drain_process_ended(struct drain *d, uint32_t pid, uint64_t now)
{
    for (size_t i = 0; i < d->seen_count; i++)
        if (d->seen[i] == pid)
            d->seen[i] = d->seen[--d->seen_count];
    ring_drain(d->ring, take, d); /* what it wrote last comes before its end */
    *add_entry(d) = (struct entry){.time = now,
        .thread = UINT64_MAX,
        .arrival = d->arrivals++,
        .pid = pid,
        .offset = SIZE_MAX};
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->thread != y->thread)
        return x->thread < y->thread ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return x->arrival < y->arrival ? -1 : x->arrival > y->arrival;
}

static void hand_over(struct drain *d, const struct entry *entry)
{
    const struct writer writer = {entry->pid, entry->tid, entry->thread};
    if (entry->offset == SIZE_MAX) {
        tracer_process_ended(d->tracer, entry->pid, entry->time);
        return;
    }
    const struct record *record = (const void *)(d->copies.data + entry->offset);
    if (d->recording)
        recording_add(d->recording, &writer, record);
    tracer_record(d->tracer, &writer, record);
}

/* Keeps what was held back, without the bytes that were worked off. */
static void compact(struct drain *d, size_t done)
{
    struct copies rest = {0};
    memmove(d->entries, d->entries + done, (d->count - done) * sizeof *d->entries);
    d->count -= done;
    if (!d->count) {
        d->copies.len = 0;
        return;
    }
    for (size_t i = 0; i < d->count; i++) {
        if (d->entries[i].offset == SIZE_MAX)
            continue;
        const struct record *record = (const void *)(d->copies.data + d->entries[i].offset);
        d->entries[i].offset = add_copy(&rest, record, record->size);
    }
    free(d->copies.data);
    d->copies = rest;
}

size_t drain_pass(struct drain *d, uint64_t now, bool everything)
{
    size_t taken = ring_drain(d->ring, take, d);
    uint64_t held_back = now > HOLD_BACK_NS ? now - HOLD_BACK_NS : 0;
    uint64_t before = everything ? UINT64_MAX : held_back;
    size_t done = 0;
    qsort(d->entries, d->count, sizeof *d->entries, compare);
    while (done < d->count && d->entries[done].time < before)
        hand_over(d, &d->entries[done++]);
    if (done)
        compact(d, done);
    return taken;
}

void drain_free(struct drain *d)
{
    free(d->entries);
    free(d->copies.data);
    free(d->owner);
    free(d->seen);
    free(d);
}
