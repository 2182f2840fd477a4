/* The records of what passes over a recorded connection. */
#ifndef APMSHIM_SHIM_RUNS_H
#define APMSHIM_SHIM_RUNS_H

#include <stdint.h>
#include <sys/uio.h>
#include "snapshot.h"
#include "wire/record.h"

/* What one call has moved. Its bytes are where the call has put them, or as they were kept before
 * it; with neither they passed unseen, and their number is what framing needs. */
struct passed {
    enum record_type type; /* REC_RECV, REC_SEND */
    const struct iovec *iov;
    int count;
    const struct snapshot *kept;
    uint64_t total;
    unsigned flags;         /* RUN_* */
    uint64_t time, elapsed; /* see struct rec_run */
};

/* Nothing is recorded of a descriptor that is no recorded connection, and of what is ciphered. The
 * time may become a later one. */
void run_record(int fd, struct passed *passed);
/* The same of the plain bytes of a TLS connection. */
void run_record_plain(int fd, const struct passed *passed);

#endif
