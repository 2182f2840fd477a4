/* What will be recorded of a call that sends, copied before it: once the call was made the peer may
 * have the answer, and the bytes be somebody else's. Nothing is recorded here, and nothing of a
 * connection's state changes: the call may fail, or send less. */
#ifndef APMSHIM_SHIM_SNAPSHOT_H
#define APMSHIM_SHIM_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "scratch.h"

/* All-zero: nothing is kept. */
struct snapshot {
    struct scratch_hold hold;
    uint64_t total;      /* bytes that the call is to send */
    uint32_t head, tail; /* kept: the first and the last of them, one behind the other */
    int iovs;            /* in the scratch; -1: they can't be had */
    bool frames;         /* HTTP/2: `head` is all that is kept of the frames, there is no tail */
    uint32_t lead;       /* bytes of the head that are no frames yet */
};

/* Of a descriptor that is tracked. For one that is a candidate only as much as begins PostgreSQL's
 * protocol. `plain`: the bytes are those that a TLS connection will cipher. */
void snapshot_take(
    struct snapshot *snapshot, int fd, const struct iovec *iov, int count, bool plain);
void snapshot_take_flat(struct snapshot *snapshot, int fd, const void *bytes, size_t n, bool plain);
/* The same of several vectors, one behind the other. */
void snapshot_begin(struct snapshot *snapshot);
void snapshot_add(struct snapshot *snapshot, const struct iovec *iov, size_t count);
void snapshot_end(struct snapshot *snapshot, int fd, bool plain);
/* The first bytes; NULL: there are not so many. */
const char *snapshot_first(const struct snapshot *snapshot, size_t n);
/* Copies bytes [from, from + n) as far as they are kept; false: they are not. */
bool snapshot_copy(const struct snapshot *snapshot, char *out, uint64_t from, size_t n);
void snapshot_drop(struct snapshot *snapshot);

#endif
