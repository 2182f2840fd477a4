/* A call that sends on a connection that is tracked, around it. */
#ifndef APMSHIM_SHIM_SENDING_H
#define APMSHIM_SHIM_SENDING_H

#include <stdint.h>
#include <sys/types.h>

#include "snapshot.h"

struct sending {
    uint64_t begin, cookie; /* cookie 0: not recorded */
    struct snapshot kept;
};

/* Before it: keeps what will be recorded of the bytes. */
void sending_flat(struct sending *sending, int fd, const void *buf, size_t len);
/* After it: records. n: what it answered, with errno; returned. */
ssize_t sending_done(struct sending *sending, int fd, ssize_t n);
/* A call has received, and answered n. */
ssize_t receiving_done(int fd, void *buf, size_t len, ssize_t n, int flags);

#endif
