#include "drain.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* A record is committed a little after its time was taken; one thread may be preempted in between.
 * What is younger than this waits for a later pass, so that threads merge in the right order. */
#define HOLD_BACK_NS UINT64_C(20000000)

/* In a record's place: the process has ended. Its thread sorts behind all others. */
#define ENDED SIZE_MAX
#define ENDED_THREAD UINT64_MAX

struct drain {
    struct collector *collector;
    uint32_t owner_pid;
    struct tracer *tracer;
    struct recording *recording;
    struct batch held, fresh; /* sorted and not yet handed over; taken in this pass */
    struct rec_process *owner;
    uint32_t *seen; /* processes already told, sorted by nothing: few */
    size_t seen_count;
    void (*on_process)(void *self, uint32_t pid);
    void *on_process_self;
};

struct drain *drain_new(struct collector *collector, uint32_t owner_pid, struct tracer *tracer,
    struct recording *recording)
{
    struct drain *d = xcalloc(1, sizeof *d);
    d->collector = collector;
    d->owner_pid = owner_pid;
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

static void note(struct drain *d, const struct collected *c)
{
    const struct record *record = batch_record(&d->fresh, c->offset);
    note_process(d, c->pid);
    if (record->type != REC_PROCESS || d->owner || c->pid != d->owner_pid)
        return;
    d->owner = xmalloc(record->size);
    memcpy(d->owner, record, record->size);
}

/* Takes what has come; what was held back stands before it. Returns the bytes taken. */
static size_t take(struct drain *d)
{
    collector_take(d->collector, &d->fresh);
    size_t taken = d->fresh.len;
    for (size_t i = 0; i < d->fresh.count; i++)
        note(d, &d->fresh.records[i]);
    for (size_t i = 0; i < d->held.count; i++) {
        struct collected c = d->held.records[i];
        if (c.offset != ENDED)
            c.offset = batch_copy(&d->fresh, batch_record(&d->held, c.offset));
        *batch_add(&d->fresh) = c;
    }
    struct batch empty = d->held;
    d->held = d->fresh;
    d->fresh = empty;
    batch_clear(&d->fresh);
    return taken;
}

void drain_process_ended(struct drain *d, uint32_t pid, uint64_t now)
{
    for (size_t i = 0; i < d->seen_count; i++)
        if (d->seen[i] == pid)
            d->seen[i] = d->seen[--d->seen_count];
    take(d); /* what it wrote last comes before its end */
    *batch_add(&d->held) =
        (struct collected){.time = now, .thread = ENDED_THREAD, .pid = pid, .offset = ENDED};
}

static int compare(const void *a, const void *b)
{
    const struct collected *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->thread != y->thread)
        return x->thread < y->thread ? -1 : 1;
    if (x->sequence != y->sequence)
        return x->sequence < y->sequence ? -1 : 1;
    return x->offset_in_chunk < y->offset_in_chunk ? -1 : x->offset_in_chunk > y->offset_in_chunk;
}

static void hand_over(struct drain *d, const struct collected *c)
{
    const struct writer writer = {c->pid, c->tid, c->thread};
    if (c->offset == ENDED) {
        tracer_process_ended(d->tracer, c->pid, c->time);
        return;
    }
    const struct record *record = batch_record(&d->held, c->offset);
    if (d->recording)
        recording_add(d->recording, &writer, record);
    tracer_record(d->tracer, &writer, record);
}

static void forget_first(struct batch *batch, size_t done)
{
    batch->count -= done;
    memmove(batch->records, batch->records + done, batch->count * sizeof *batch->records);
    if (!batch->count)
        batch->len = 0;
}

size_t drain_pass(struct drain *d, uint64_t now, bool everything)
{
    size_t taken = take(d), done = 0;
    uint64_t held_back = now > HOLD_BACK_NS ? now - HOLD_BACK_NS : 0;
    uint64_t before = everything ? UINT64_MAX : held_back;
    qsort(d->held.records, d->held.count, sizeof *d->held.records, compare);
    while (done < d->held.count && d->held.records[done].time < before)
        hand_over(d, &d->held.records[done++]);
    forget_first(&d->held, done);
    return taken;
}

void drain_free(struct drain *d)
{
    batch_free(&d->held);
    batch_free(&d->fresh);
    free(d->owner);
    free(d->seen);
    free(d);
}
