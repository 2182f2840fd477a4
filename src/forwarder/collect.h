/* Empties the ring, on a thread of its own: what the forwarder does with the records (reading debug
 * information, above all) may take longer than the ring lasts. Also keeps the ring in order: takes
 * back chunks that nobody fills, allocates more memory when most of it is in use, tells the writers
 * that it lives. */
#ifndef APMSHIM_COLLECT_H
#define APMSHIM_COLLECT_H

#include <stddef.h>
#include <stdint.h>
#include "wire/ring.h"

struct collector;

/* A record as it came: who wrote it, and where its copy begins. */
struct collected {
    uint64_t time, thread;
    uint32_t sequence, offset_in_chunk; /* order within a thread */
    uint32_t pid, tid;
    size_t offset; /* in the batch's bytes */
};

/* All-zero is empty. Owned by whoever holds it. */
struct batch {
    struct collected *records;
    size_t count, cap;
    uint8_t *bytes;
    size_t len, bytes_cap;
};

/* ring_fd: to allocate by. size_max: most bytes of ring memory; once a quarter as much waits for
 * collector_take, the ring fills, and its writers count what they lose. Without
 * collector_thread, or if no thread can be had, collector_take does it all. */
struct collector *collector_new(struct ring *ring, int ring_fd, size_t size_max);
void collector_thread(struct collector *collector);
/* Takes what is in the ring by now and swaps it for *batch, which must be empty. Any thread. */
void collector_take(struct collector *collector, struct batch *batch);
void collector_free(struct collector *collector);

/* Room for one more, and for the bytes of one; the latter returns their offset. */
struct collected *batch_add(struct batch *batch);
size_t batch_copy(struct batch *batch, const struct record *record);
const struct record *batch_record(const struct batch *batch, size_t offset);
void batch_clear(struct batch *batch);
void batch_free(struct batch *batch);

#endif
