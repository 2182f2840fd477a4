/* The writing side: runs inside the service, so no libc beyond what the compiler itself emits. */
#include "wire/ring.h"

enum { PROBES_MAX = 64 };

static uint32_t chunks_writable = RING_CHUNKS_MAX;

void ring_writer_limit(uint32_t chunks)
{
    chunks_writable = chunks;
}

void ring_init(struct ring *ring, uint32_t chunks_max, uint32_t chunks_available)
{
    ring->magic = RING_MAGIC;
    ring->version = WIRE_VERSION;
    ring->header_size = RING_HEADER_SIZE;
    ring->chunk_size = CHUNK_SIZE;
    ring->chunks_max = chunks_max;
    atomic_store_explicit(&ring->stack_limit, 50, memory_order_relaxed);
    atomic_store_explicit(&ring->sql_limit, SQL_BYTES_MAX, memory_order_relaxed);
    /* Release: whoever sees chunks available also sees the header. */
    atomic_store_explicit(&ring->chunks_available, chunks_available, memory_order_release);
}

void ring_lose(struct ring *ring, enum loss why)
{
    atomic_fetch_add_explicit(&ring->lost[why], 1, memory_order_relaxed);
}

static void leave_chunk(struct ring_writer *writer)
{
    uint64_t state = writer->state;
    /* Fails only if the reader has reclaimed it meanwhile, which is as good. */
    atomic_compare_exchange_strong_explicit(&writer->chunk->state, &state,
        chunk_state_with(state, chunk_committed(state), CHUNK_FULL), memory_order_release,
        memory_order_relaxed);
    writer->chunk = NULL;
}

/* Takes a free chunk and leaves it in status WRITING. */
static bool take_chunk(struct ring_writer *writer)
{
    struct ring *ring = writer->ring;
    uint32_t available = atomic_load_explicit(&ring->chunks_available, memory_order_acquire);
    if (available > chunks_writable) /* by a process of the service that went wild */
        available = chunks_writable;
    if (!available)
        return false;
    uint32_t from = atomic_fetch_add_explicit(&ring->next_chunk, 1, memory_order_relaxed);
    for (uint32_t i = 0; i < PROBES_MAX && i < available; i++) {
        struct chunk *chunk = ring_chunk(ring, (from + i) % available);
        uint64_t state = atomic_load_explicit(&chunk->state, memory_order_relaxed);
        if (chunk_status(state) != CHUNK_FREE)
            continue;
        uint64_t taken = chunk_state(chunk_generation(state), writer->tid, 0, CHUNK_WRITING);
        /* Acquire: the reader's last look at this chunk is over before we write into it. */
        if (!atomic_compare_exchange_strong_explicit(
                &chunk->state, &state, taken, memory_order_acquire, memory_order_relaxed))
            continue;
        if (!writer->thread)
            writer->thread =
                atomic_fetch_add_explicit(&ring->next_thread, 1, memory_order_relaxed) + 1;
        /* Before the first commit, so that the reader never sees the former owner's. */
        atomic_store_explicit(&chunk->consumed, 0, memory_order_relaxed);
        chunk->pid = writer->pid;
        chunk->tid = writer->tid;
        chunk->thread = writer->thread;
        chunk->sequence = writer->sequence++;
        writer->chunk = chunk;
        writer->state = taken;
        return true;
    }
    return false;
}

/* Goes from OWNED to WRITING in the chunk at hand, if it is still ours and has room. */
static bool reopen_chunk(struct ring_writer *writer, size_t size)
{
    if (!writer->chunk)
        return false;
    if (chunk_committed(writer->state) + size > sizeof writer->chunk->data) {
        leave_chunk(writer);
        return false;
    }
    uint64_t state = writer->state;
    uint64_t writing = chunk_state_with(state, chunk_committed(state), CHUNK_WRITING);
    if (atomic_compare_exchange_strong_explicit(
            &writer->chunk->state, &state, writing, memory_order_acquire, memory_order_relaxed))
        return true;
    writer->chunk = NULL;
    return false;
}

struct record *ring_begin(struct ring_writer *writer, size_t size)
{
    size = record_round(size);
    if (size > RECORD_SIZE_MAX) {
        ring_lose(writer->ring, LOSS_TOO_LARGE);
        return NULL;
    }
    if (!reopen_chunk(writer, size) && !take_chunk(writer)) {
        ring_lose(writer->ring, LOSS_FULL);
        return NULL;
    }
    return (struct record *)(void *)(writer->chunk->data + chunk_committed(writer->state));
}

void ring_commit(struct ring_writer *writer, const struct record *record)
{
    uint32_t committed = chunk_committed(writer->state) + (uint32_t)record_round(record->size);
    writer->state = chunk_state_with(writer->state, committed, CHUNK_OWNED);
    /* Release: the record's bytes are visible before the length that covers them. */
    atomic_store_explicit(&writer->chunk->state, writer->state, memory_order_release);
}
