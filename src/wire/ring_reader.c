/* The reading side: runs in the forwarder. What a writer left in memory is treated as hostile, and
 * as changing while it is looked at: it is copied, then judged. */
#include "wire/ring.h"

#include <string.h>

/* The record at hand: a ring has one reader, and a process one ring. */
static _Alignas(8) uint8_t copy[RECORD_SIZE_MAX];

static uint32_t chunks_readable = RING_CHUNKS_MAX;

void ring_reader_limit(uint32_t chunks)
{
    chunks_readable = chunks;
}

static void free_chunk(struct chunk *chunk, uint64_t state)
{
    /* A new generation: a writer that still believes it owns the chunk fails its compare-and-swap.
     * Release: our reads of the data are over before another writer may take it. */
    atomic_compare_exchange_strong_explicit(&chunk->state, &state,
        chunk_state(chunk_generation(state) + 1, 0, 0, CHUNK_FREE), memory_order_release,
        memory_order_relaxed);
}

/* NULL: it makes no sense. */
static const struct record *copy_record(const uint8_t *from, uint32_t left)
{
    struct record *record = (void *)copy;
    if (left < sizeof *record)
        return NULL;
    memcpy(record, from, sizeof *record);
    uint32_t size = record->size;
    if (size < sizeof *record || size > left || size > RECORD_SIZE_MAX)
        return NULL;
    memcpy(record + 1, from + sizeof *record, size - sizeof *record);
    return record_valid(record, size) ? record : NULL;
}

static size_t drain_chunk(struct chunk *chunk, ring_visit *visit, void *self)
{
    uint64_t state = atomic_load_explicit(&chunk->state, memory_order_acquire);
    if (chunk_status(state) == CHUNK_FREE)
        return 0;
    uint32_t committed = chunk_committed(state);
    uint32_t at = atomic_load_explicit(&chunk->consumed, memory_order_relaxed);
    if (committed > sizeof chunk->data)
        committed = sizeof chunk->data;
    size_t seen = 0;
    while (at < committed) {
        atomic_store_explicit(&chunk->consumed, at, memory_order_relaxed);
        const struct record *record = copy_record(chunk->data + at, committed - at);
        if (!record)
            break; /* nothing behind it can be trusted */
        visit(self, chunk, record);
        at += record->size;
        seen += record->size;
    }
    atomic_store_explicit(&chunk->consumed, committed, memory_order_relaxed);
    if (chunk_status(state) == CHUNK_FULL)
        free_chunk(chunk, state);
    return seen;
}

/* No more than the mapping has, whatever a process of the service has written there. */
static uint32_t chunks_of(struct ring *ring)
{
    uint32_t available = atomic_load_explicit(&ring->chunks_available, memory_order_acquire);
    return available < chunks_readable ? available : chunks_readable;
}

size_t ring_drain(struct ring *ring, ring_visit *visit, void *self)
{
    uint32_t available = chunks_of(ring);
    size_t seen = 0;
    for (uint32_t i = 0; i < available; i++)
        seen += drain_chunk(ring_chunk(ring, i), visit, self);
    return seen;
}

void ring_reclaim(struct ring *ring, uint64_t *idle_states, bool (*alive)(uint32_t tid))
{
    uint32_t available = chunks_of(ring);
    for (uint32_t i = 0; i < available; i++) {
        struct chunk *chunk = ring_chunk(ring, i);
        uint64_t state = atomic_load_explicit(&chunk->state, memory_order_acquire);
        uint64_t before = idle_states[i];
        idle_states[i] = state;
        if (state != before || chunk_status(state) == CHUNK_FREE)
            continue;
        uint32_t consumed = atomic_load_explicit(&chunk->consumed, memory_order_relaxed);
        if (consumed < chunk_committed(state))
            continue;
        if (chunk_status(state) != CHUNK_WRITING || !alive(chunk_owner(state)))
            free_chunk(chunk, state);
    }
}

uint32_t ring_free_chunks(struct ring *ring)
{
    uint32_t available = chunks_of(ring);
    uint32_t free = 0;
    for (uint32_t i = 0; i < available; i++) {
        uint64_t state = atomic_load_explicit(&ring_chunk(ring, i)->state, memory_order_relaxed);
        free += chunk_status(state) == CHUNK_FREE;
    }
    return free;
}
