/* The reading side: runs in the forwarder. What a writer left in memory is treated as hostile. */
#include "wire/ring.h"

static void free_chunk(struct chunk *chunk, uint64_t state)
{
    /* A new generation: a writer that still believes it owns the chunk fails its compare-and-swap.
     * Release: our reads of the data are over before another writer may take it. */
    atomic_compare_exchange_strong_explicit(&chunk->state, &state,
        chunk_state(chunk_generation(state) + 1, 0, 0, CHUNK_FREE), memory_order_release,
        memory_order_relaxed);
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
        const struct record *record = (const void *)(chunk->data + at);
        if (!record_valid(record, committed - at))
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

size_t ring_drain(struct ring *ring, ring_visit *visit, void *self)
{
    uint32_t available = atomic_load_explicit(&ring->chunks_available, memory_order_acquire);
    size_t seen = 0;
    for (uint32_t i = 0; i < available; i++)
        seen += drain_chunk(ring_chunk(ring, i), visit, self);
    return seen;
}

void ring_reclaim(struct ring *ring, uint64_t *idle_states, bool (*alive)(uint32_t tid))
{
    uint32_t available = atomic_load_explicit(&ring->chunks_available, memory_order_acquire);
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
    uint32_t available = atomic_load_explicit(&ring->chunks_available, memory_order_acquire);
    uint32_t free = 0;
    for (uint32_t i = 0; i < available; i++) {
        uint64_t state = atomic_load_explicit(&ring_chunk(ring, i)->state, memory_order_relaxed);
        free += chunk_status(state) == CHUNK_FREE;
    }
    return free;
}
