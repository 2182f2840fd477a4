/* What the service receives on recorded connections. */
#include "hooks.h"

#include <aio.h>
#include <errno.h>

#include "caller.h"
#include "connections.h"
#include "fds.h"
#include "recorder.h"
#include "runs.h"
#include "sending.h"

/* Bytes that were only looked at, or thrown away unseen, are not part of the conversation. */
static void received(int fd, const struct iovec *iov, int count, ssize_t n, int flags)
{
    if (flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE))
        return;
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == EFAULT || errno == EBADF))
        return;
    bool kept = n > 0 && !(flags & MSG_TRUNC);
    struct passed passed = {.type = REC_RECV,
        .iov = iov,
        .count = kept ? count : 0,
        .total = n > 0 ? (uint64_t)n : 0,
        .flags = n < 0    ? RUN_ERROR
                 : n == 0 ? RUN_EOF
                          : 0,
        .time = recorder_now()};
    run_record(fd, &passed);
}

ssize_t receiving_done(int fd, void *buf, size_t len, ssize_t n, int flags)
{
    struct iovec iov = {buf, len};
    if (n != 0 || len != 0) /* an empty read says nothing */
        received(fd, &iov, 1, n, flags);
    return n;
}

/* ---- vectors: copied before the call, which may itself write to where they are ---- */

void receiving_vector(struct vector *v, const struct iovec *iov, size_t count)
{
    struct caller caller = {0};
    v->count = 0;
    v->bytes = 0;
    for (size_t i = 0; i < count && i < SCRATCH_IOVS && v->count < VECTOR_MAX; i++) {
        struct iovec *piece = &v->iov[v->count];
        if (caller_copy(&caller, piece, iov + i, sizeof *piece) != sizeof *piece)
            return;
        v->count += piece->iov_len > 0;
        v->bytes += piece->iov_len;
    }
}

ssize_t received_vector(int fd, const struct vector *v, ssize_t n, int flags)
{
    ssize_t seen = n > 0 && (size_t)n > v->bytes ? (ssize_t)v->bytes : n;
    if (n <= 0 || seen)
        received(fd, v->iov, v->count, seen, flags);
    if (seen < n)
        received(fd, NULL, 0, n - seen, flags);
    return n;
}

/* ---- the calls ---- */

ssize_t wrap_recv(int fd, void *buf, size_t len, int flags)
{
    return receiving_done(fd, buf, len, real.recv(fd, buf, len, flags), flags);
}

ssize_t wrap_recvfrom(int fd, void *restrict buf, size_t len, int flags,
    struct sockaddr *restrict from, socklen_t *restrict from_len)
{
    ssize_t n = real.recvfrom(fd, buf, len, flags, from, from_len);
    return receiving_done(fd, buf, len, n, flags);
}

void receiving_message(struct vector *v, const struct msghdr *msg)
{
    struct caller caller = {0};
    struct msghdr copy;
    *v = (struct vector){.count = 0};
    if (caller_copy(&caller, &copy, msg, sizeof copy) == sizeof copy)
        receiving_vector(v, copy.msg_iov, copy.msg_iovlen);
}

ssize_t wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
    struct vector v;
    bool tracked = fd_tracked(fd);
    if (tracked)
        receiving_message(&v, msg);
    ssize_t n = real.recvmsg(fd, msg, flags);
    if (n == -1 && !tracked)
        return n;
    if (tracked)
        (void)received_vector(fd, &v, n, flags);
    if (n >= 0 && unlikely(msg->msg_controllen) && !in_libpq())
        connection_passed(msg);
    return n;
}

/* The bytes of the first messages; the number of the others'. */
int wrap_recvmmsg(
    int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    enum { FIRST_MESSAGES = 4 };
    struct vector first[FIRST_MESSAGES] = {{.count = 0}}, none = {.count = 0};
    bool tracked = fd_tracked(fd);
    for (unsigned i = 0; tracked && i < count && i < FIRST_MESSAGES; i++)
        receiving_message(&first[i], &messages[i].msg_hdr);
    int n = real.recvmmsg(fd, messages, count, flags, timeout);
    for (int i = 0; i < n; i++) {
        if (tracked)
            (void)received_vector(
                fd, i < FIRST_MESSAGES ? &first[i] : &none, (ssize_t)messages[i].msg_len, flags);
        if (unlikely(messages[i].msg_hdr.msg_controllen) && !in_libpq())
            connection_passed(&messages[i].msg_hdr);
    }
    return n;
}

ssize_t wrap_read(int fd, void *buf, size_t len)
{
    if (unlikely(!fd_is_still(fd)))
        return real.read(fd, buf, len);
    return receiving_done(fd, buf, len, real.read(fd, buf, len), 0);
}

ssize_t wrap___read(int fd, void *buf, size_t len)
{
    return wrap_read(fd, buf, len);
}

ssize_t wrap_readv(int fd, const struct iovec *iov, int count)
{
    struct vector v;
    if (unlikely(!fd_is_still(fd)) || count < 0)
        return real.readv(fd, iov, count);
    receiving_vector(&v, iov, (size_t)count);
    return received_vector(fd, &v, real.readv(fd, iov, count), 0);
}

/* On a socket only without an offset. */
ssize_t wrap_preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    struct vector v;
    if (unlikely(!fd_is_still(fd)) || count < 0)
        return real.preadv2(fd, iov, count, offset, flags);
    receiving_vector(&v, iov, (size_t)count);
    return received_vector(fd, &v, real.preadv2(fd, iov, count, offset, flags), 0);
}

ssize_t wrap_preadv64v2(int fd, const struct iovec *iov, int count, off64_t offset, int flags)
{
    return wrap_preadv2(fd, iov, count, offset, flags);
}

/* What a thread of libc has received. */
ssize_t wrap_aio_return(struct aiocb *block)
{
    struct caller caller = {0};
    struct aiocb copy;
    bool reads = recorder_active() &&
                 caller_copy(&caller, &copy, block, sizeof copy) == sizeof copy &&
                 copy.aio_lio_opcode == LIO_READ && fd_recorded(copy.aio_fildes);
    ssize_t n = real.aio_return(block);
    if (reads && n >= 0)
        (void)receiving_done(
            copy.aio_fildes, (void *)(uintptr_t)copy.aio_buf, copy.aio_nbytes, n, 0);
    return n;
}

ssize_t wrap_aio_return64(struct aiocb64 *block)
{
    return wrap_aio_return((struct aiocb *)(void *)block);
}

ssize_t wrap___recv_chk(int fd, void *buf, size_t len, size_t size, int flags)
{
    return receiving_done(fd, buf, len, real.__recv_chk(fd, buf, len, size, flags), flags);
}

ssize_t wrap___recvfrom_chk(int fd, void *buf, size_t len, size_t size, int flags,
    struct sockaddr *from, socklen_t *from_len)
{
    ssize_t n = real.__recvfrom_chk(fd, buf, len, size, flags, from, from_len);
    return receiving_done(fd, buf, len, n, flags);
}

ssize_t wrap___read_chk(int fd, void *buf, size_t len, size_t size)
{
    if (unlikely(!fd_is_still(fd)))
        return real.__read_chk(fd, buf, len, size);
    return receiving_done(fd, buf, len, real.__read_chk(fd, buf, len, size), 0);
}
