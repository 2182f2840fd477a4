#include "collect.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "watch.h"

/* Between passes: the short pause while so much comes that a 64th of the ring fills in the long
 * one, or so many threads write that a quarter of its chunks is taken. Each pass takes a core from
 * whoever works there. */
#define PAUSE_BUSY_NS 1000000
#define PAUSE_IDLE_NS 10000000
#define BUSY_SHARE 64
#define BUSY_CHUNKS_SHARE 4
/* How long a chunk must rest before it is taken back from its owner: with room enough, and with
 * little room (threads that came and went hold most of it). */
#define RECLAIM_NS UINT64_C(1000000000)
#define RECLAIM_SCARCE_NS UINT64_C(10000000)
/* The ring grows while there is still much room: whoever needs it may keep us waiting for a core.
 */
#define GROW_SHARE 8
/* Of the ring's size: so much is kept for a slow worker, besides what a full ring holds. */
#define WAITING_SHARE 4

struct collector {
    struct ring *ring;
    int ring_fd;
    size_t size_max;
    uint64_t *idle_states;
    uint64_t reclaimed;
    uint32_t used; /* chunks that were not free in the last pass */
    pthread_t thread;
    bool threaded;
    _Atomic bool stopping;
    pthread_mutex_t lock; /* of the batch and of the ring's reading side */
    struct batch batch;
};

const struct record *batch_record(const struct batch *batch, size_t offset)
{
    return (const void *)(batch->bytes + offset);
}

void batch_clear(struct batch *batch)
{
    batch->count = 0;
    batch->len = 0;
}

void batch_free(struct batch *batch)
{
    free(batch->records);
    free(batch->bytes);
    *batch = (struct batch){0};
}

struct collected *batch_add(struct batch *batch)
{
    if (batch->count == batch->cap) {
        batch->cap = batch->cap ? batch->cap * 2 : 1024;
        batch->records = xrealloc(batch->records, batch->cap * sizeof *batch->records);
    }
    return &batch->records[batch->count++];
}

size_t batch_copy(struct batch *batch, const struct record *record)
{
    size_t size = record->size, offset = batch->len;
    if (offset + size > batch->bytes_cap) {
        size_t cap = batch->bytes_cap ? batch->bytes_cap * 2 : (size_t)256 * 1024;
        batch->bytes_cap = cap < offset + size ? offset + size : cap;
        batch->bytes = xrealloc(batch->bytes, batch->bytes_cap);
    }
    memcpy(batch->bytes + offset, record, size);
    batch->len += size;
    return offset;
}

static void take(void *self, const struct chunk *chunk, const struct record *record)
{
    struct batch *batch = self;
    *batch_add(batch) = (struct collected){
        .time = record->time,
        .thread = chunk->thread,
        .sequence = chunk->sequence,
        .offset_in_chunk = atomic_load_explicit(&chunk->consumed, memory_order_relaxed),
        .pid = chunk->pid,
        .tid = chunk->tid,
        .offset = batch_copy(batch, record),
    };
}

static uint64_t monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Doubles the memory that may be written. Every page is really there: a write cannot fault. */
static bool grow_ring(struct collector *c, uint32_t available)
{
    uint32_t most = (uint32_t)(c->size_max / CHUNK_SIZE);
    if (most > RING_CHUNKS_MAX)
        most = RING_CHUNKS_MAX;
    if (available >= most)
        return false;
    uint32_t wanted = available * 2 < most ? available * 2 : most;
    off_t from = (off_t)ring_size(available), to = (off_t)ring_size(wanted);
    if (fallocate(c->ring_fd, 0, from, to - from) < 0)
        return false;
    atomic_store_explicit(&c->ring->chunks_available, wanted, memory_order_release);
    return true;
}

static void keep_order(struct collector *c)
{
    uint64_t now = monotonic();
    uint32_t available = atomic_load(&c->ring->chunks_available);
    c->used = available - ring_free_chunks(c->ring);
    bool scarce = available - c->used <= available / 2;
    atomic_store_explicit(&c->ring->reader_heartbeat, now, memory_order_relaxed);
    if (c->used > available / GROW_SHARE && grow_ring(c, available))
        return;
    if (now - c->reclaimed < (scarce ? RECLAIM_SCARCE_NS : RECLAIM_NS))
        return;
    c->reclaimed = now;
    ring_reclaim(c->ring, c->idle_states, watch_thread_alive);
}

/* The lock is held. */
static size_t pass(struct collector *c)
{
    size_t before = c->batch.count;
    size_t taken =
        c->batch.len < c->size_max / WAITING_SHARE ? ring_drain(c->ring, take, &c->batch) : 0;
    atomic_fetch_add_explicit(&c->ring->taken, c->batch.count - before, memory_order_relaxed);
    keep_order(c);
    return taken;
}

/* The lock is held. */
static bool is_busy(const struct collector *c, size_t taken)
{
    uint32_t available = atomic_load(&c->ring->chunks_available);
    return taken && (taken > (size_t)available * CHUNK_SIZE / BUSY_SHARE ||
                        c->used > available / BUSY_CHUNKS_SHARE);
}

static void *work(void *self)
{
    struct collector *c = self;
    while (!atomic_load_explicit(&c->stopping, memory_order_relaxed)) {
        pthread_mutex_lock(&c->lock);
        long pause = is_busy(c, pass(c)) ? PAUSE_BUSY_NS : PAUSE_IDLE_NS;
        pthread_mutex_unlock(&c->lock);
        nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
    }
    return NULL;
}

struct collector *collector_new(struct ring *ring, int ring_fd, size_t size_max)
{
    struct collector *c = xcalloc(1, sizeof *c);
    c->ring = ring;
    c->ring_fd = ring_fd;
    c->size_max = size_max;
    c->idle_states = xcalloc(RING_CHUNKS_MAX, sizeof *c->idle_states);
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void collector_thread(struct collector *c)
{
    sigset_t all, before; /* signals are the main thread's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    c->threaded = pthread_create(&c->thread, NULL, work, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void collector_take(struct collector *c, struct batch *batch)
{
    struct batch empty = *batch;
    pthread_mutex_lock(&c->lock);
    pass(c);
    *batch = c->batch;
    c->batch = empty;
    pthread_mutex_unlock(&c->lock);
}

void collector_free(struct collector *c)
{
    atomic_store(&c->stopping, true);
    if (c->threaded)
        pthread_join(c->thread, NULL);
    pthread_mutex_destroy(&c->lock);
    batch_free(&c->batch);
    free(c->idle_states);
    free(c);
}
