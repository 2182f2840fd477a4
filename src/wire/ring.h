/* The shared memory between recorder and forwarder: many writers, one reader.
 *
 * The memory is cut into chunks. A writing thread owns one chunk at a time and appends records to
 * it without touching anything shared; only taking a chunk is a race. Each chunk has one state
 * word:
 *
 *     generation (29) | owner's thread id (22) | committed bytes / 8 (11) | status (2)
 *
 *     FREE    → WRITING  a writer takes it (compare-and-swap), and is known from then on
 *     OWNED   → WRITING  its owner begins a record (compare-and-swap: it may have been reclaimed)
 *     WRITING → OWNED    its owner commits (release store): the bytes before `committed` are whole
 *     OWNED   → FULL     its owner goes on to another chunk
 *     FULL    → FREE     the reader has consumed it
 *     OWNED   → FREE     the reader has consumed it and it was idle: no thread can pin memory
 *     WRITING → FREE     the reader found the owner dead: what it had begun is lost, no more
 *
 * So a writer that dies at any instruction costs the record it was writing and nothing else, a full
 * ring costs whole records that are counted, and nobody ever waits. Chunks of one thread are
 * ordered by their sequence number; threads are merged by time. */
#ifndef APMSHIM_WIRE_RING_H
#define APMSHIM_WIRE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/record.h"

enum {
    CHUNK_SIZE = 16 * 1024,
    RING_HEADER_SIZE = 4096,
    RING_CHUNKS_LEAST = 16,  /* where limits leave less there is no ring */
    RING_CHUNKS_FIRST = 256, /* allocated by the service: 4 MB */
    RING_CHUNKS_MAX = 2048,  /* 32 MB, allocated by the forwarder as they are needed */
};

enum chunk_status { CHUNK_FREE, CHUNK_OWNED, CHUNK_WRITING, CHUNK_FULL };

struct chunk {
    _Atomic uint64_t state;
    _Atomic uint32_t consumed; /* bytes the reader has taken; zeroed by a new owner */
    uint32_t pid, tid;         /* who writes; written before the first commit */
    uint32_t sequence;         /* rises with each chunk that this thread takes */
    uint64_t thread;           /* unique in the ring, also when a tid is used again */
    uint8_t pad[32];
    uint8_t data[CHUNK_SIZE - 64];
};

/* Why records were lost. */
enum loss { LOSS_FULL, LOSS_REENTERED, LOSS_TOO_LARGE, LOSS_KINDS };

/* What of a statement is copied only if it was asked for: it is data. */
enum pg_capture { PG_CAPTURE_PARAMETERS = 1, PG_CAPTURE_DETAIL = 2 };

struct ring {
    uint64_t magic;
    uint32_t version, header_size;
    uint32_t chunk_size, chunks_max;
    uint64_t realtime_offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC at start, ns */
    uint32_t owner_pid, reserved;
    _Atomic uint32_t chunks_available;  /* allocated: a write to them cannot fault */
    _Atomic uint32_t reader_generation; /* rises with each reader; 0: none yet */
    _Atomic uint64_t reader_heartbeat;  /* CLOCK_MONOTONIC ns */
    _Atomic uint32_t flush_wanted, flush_done;
    /* What the recorder is to capture; set by the reader from its options. */
    _Atomic uint32_t stack_limit; /* frames; 0: no stacks */
    _Atomic uint32_t sql_limit;   /* bytes kept of a statement; 0: none */
    _Atomic uint32_t pg_capture;  /* enum pg_capture, or-ed */
    _Atomic uint32_t header_less; /* 1: of headers only what is needed to read messages */
    _Atomic uint64_t taken;       /* records, by all readers so far */
    uint8_t pad1[24];
    _Atomic uint32_t next_chunk __attribute__((aligned(64))); /* where to look for a free one */
    _Atomic uint64_t next_thread;
    _Atomic uint64_t lost[LOSS_KINDS];
    uint8_t end[] __attribute__((aligned(64)));
};

#define RING_MAGIC UINT64_C(0x31474e4952534d41) /* "AMSRING1" */

_Static_assert(sizeof(struct chunk) == CHUNK_SIZE, "chunk layout");
_Static_assert(CHUNK_SIZE / 8 <= 1 << 11, "committed bytes fit the state word");
_Static_assert(sizeof(struct ring) <= RING_HEADER_SIZE, "ring header");
_Static_assert(RECORD_SIZE_MAX <= sizeof(((struct chunk *)0)->data), "a record fits a chunk");

static inline size_t ring_size(uint32_t chunks)
{
    return RING_HEADER_SIZE + (size_t)chunks * CHUNK_SIZE;
}

static inline struct chunk *ring_chunk(struct ring *ring, uint32_t index)
{
    return (struct chunk *)(void *)((uint8_t *)ring + RING_HEADER_SIZE) + index;
}

enum { OWNER_BITS = 22 }; /* the kernel's PID_MAX_LIMIT is 1 << 22 */

/* owner: thread id; 0 if FREE. committed: bytes, a multiple of 8. */
static inline uint64_t chunk_state(
    uint32_t generation, uint32_t owner, uint32_t committed, enum chunk_status status)
{
    return (uint64_t)generation << (OWNER_BITS + 13) |
           (uint64_t)(owner & ((1 << OWNER_BITS) - 1)) << 13 | (uint64_t)(committed / 8) << 2 |
           status;
}

static inline uint32_t chunk_generation(uint64_t state)
{
    return (uint32_t)(state >> (OWNER_BITS + 13));
}

static inline uint32_t chunk_owner(uint64_t state)
{
    return (uint32_t)(state >> 13) & ((1 << OWNER_BITS) - 1);
}

static inline uint32_t chunk_committed(uint64_t state)
{
    return (uint32_t)(state >> 2 & 0x7ff) * 8;
}

static inline enum chunk_status chunk_status(uint64_t state)
{
    return (enum chunk_status)(state & 3);
}

/* The same chunk and owner at another point of its life. */
static inline uint64_t chunk_state_with(
    uint64_t state, uint32_t committed, enum chunk_status status)
{
    return chunk_state(chunk_generation(state), chunk_owner(state), committed, status);
}

/* Fills a zeroed mapping's header. */
void ring_init(struct ring *ring, uint32_t chunks_max, uint32_t chunks_available);

/* ---- writing: one struct per thread, all-zero but for ring, pid and tid is the initial state ----
 */

struct ring_writer {
    struct ring *ring;
    struct chunk *chunk; /* NULL: none owned */
    uint64_t state;      /* what its state word must hold if it is still ours */
    uint64_t thread;     /* 0: not numbered yet */
    uint32_t sequence, pid, tid;
};

/* Space for a record of this size (rounded up to 8), or NULL: it is lost and counted. The caller
 * fills it, type and size included, and commits. No system call, no lock; not for nested use by a
 * thread. */
struct record *ring_begin(struct ring_writer *writer, size_t size);
void ring_commit(struct ring_writer *writer, const struct record *record);
/* How many chunks this process has mapped of its one ring, where limits left less than
 * RING_CHUNKS_MAX: no others are touched, whatever the ring says. */
void ring_writer_limit(uint32_t chunks);
void ring_reader_limit(uint32_t chunks);
void ring_lose(struct ring *ring, enum loss why);

/* ---- reading ---- */

/* Hands over one chunk's unread records, oldest first: copies, valid during the call. The chunk's
 * `consumed` says where it stood. */
typedef void ring_visit(void *self, const struct chunk *chunk, const struct record *record);

/* Visits what was committed since the last call and frees consumed chunks. Returns the bytes seen.
 */
size_t ring_drain(struct ring *ring, ring_visit *visit, void *self);

/* Frees consumed chunks that are idle (their state as it was at the last call), and those whose
 * owner died while writing, by the word of `alive`. idle_states has RING_CHUNKS_MAX entries,
 * all-zero at first. */
void ring_reclaim(struct ring *ring, uint64_t *idle_states, bool (*alive)(uint32_t tid));

/* Chunks that no writer holds. */
uint32_t ring_free_chunks(struct ring *ring);

#endif
