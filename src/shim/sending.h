/* A call that sends on a connection that is tracked, around it. */
#ifndef APMSHIM_SHIM_SENDING_H
#define APMSHIM_SHIM_SENDING_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "snapshot.h"

struct sending {
    uint64_t begin, cookie; /* cookie 0: not recorded */
    struct snapshot kept;
};

/* Before it: keeps what will be recorded of the bytes. */
void sending_flat(struct sending *sending, int fd, const void *buf, size_t len);
void sending_vector(struct sending *sending, int fd, const struct iovec *iov, int count);
void sending_message(struct sending *sending, int fd, const struct msghdr *message);
/* After it: records. n: what it answered, with errno; returned. */
ssize_t sending_done(struct sending *sending, int fd, ssize_t n);

/* Vectors of a call that receives. */
enum { VECTOR_MAX = 8 };
struct vector {
    struct iovec iov[VECTOR_MAX];
    int count;
    size_t bytes; /* that they have room for */
};

/* Before it, which may itself write to where they are. */
void receiving_vector(struct vector *vector, const struct iovec *iov, size_t count);
void receiving_message(struct vector *vector, const struct msghdr *message);
/* A call has received, and answered n, with errno; returned. */
ssize_t received_vector(int fd, const struct vector *vector, ssize_t n, int flags);
ssize_t receiving_done(int fd, void *buf, size_t len, ssize_t n, int flags);

#endif
