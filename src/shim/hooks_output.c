/* What the service sends on recorded connections, and on its own until it is known what they are.
 * What is kept of the bytes is copied before the call: afterwards they may be gone. */
#include "hooks.h"

#include <aio.h>
#include <errno.h>

#include "caller.h"
#include "candidates.h"
#include "connections.h"
#include "fd_info.h"
#include "fds.h"
#include "recorder.h"
#include "runs.h"
#include "sending.h"

static void start(struct sending *s, int fd)
{
    s->cookie = fd_recorded(fd) ? fd_last_cookie(fd) : 0;
    if (s->cookie)
        fd_send_begins(fd);
    s->begin = recorder_now();
}

void sending_vector(struct sending *s, int fd, const struct iovec *iov, int count)
{
    start(s, fd);
    snapshot_take(&s->kept, fd, iov, count, false);
}

void sending_flat(struct sending *s, int fd, const void *buf, size_t len)
{
    start(s, fd);
    snapshot_take_flat(&s->kept, fd, buf, len, false);
}

/* It speaks to a database: from now on it is followed, from its first byte on. */
static void follow(int fd, const struct sending *s)
{
    struct first_bytes before = candidate_sent(fd);
    struct iovec sent = {before.bytes, before.count};
    struct passed passed = {
        .type = REC_SEND, .iov = &sent, .count = 1, .total = before.count, .time = s->begin};
    fd_classes[fd] = FD_UNTRACKED;
    connection_made(fd, s->begin);
    if (before.count && fd_recorded(fd))
        run_record(fd, &passed);
}

/* n of a candidate's bytes were sent: it is followed, left alone, or asked again. */
static void decide(int fd, size_t n, const struct sending *s)
{
    size_t there = s->kept.head < FIRST_BYTES ? s->kept.head : FIRST_BYTES;
    const char *first = there ? snapshot_first(&s->kept, there) : NULL;
    enum begins begins = first ? candidate_begins(fd, first, there) : BEGINS_OTHER;
    if (begins == BEGINS_POSTGRES)
        follow(fd, s);
    else if (begins == BEGINS_UNKNOWN && n <= there)
        candidate_keep(fd, first, n);
    else
        fd_classes[fd] = FD_UNTRACKED;
}

/* Whether the bytes were the recorded connection's. The peer may have its answer, and another
 * thread have closed the descriptor, before the call returns here; even its number may be
 * another's. */
static bool is_recorded(int fd, ssize_t n, const struct sending *s)
{
    if (likely(fd_classes[fd] != FD_CANDIDATE))
        return s->cookie && fd_last_cookie(fd) == s->cookie;
    if (n > 0)
        decide(fd, (size_t)n, s);
    return fd_recorded(fd);
}

ssize_t sending_done(struct sending *s, int fd, ssize_t n)
{
    struct passed passed = {.type = REC_SEND, .kept = &s->kept, .time = s->begin};
    bool failed = n < 0 && (errno == EPIPE || errno == ECONNRESET);
    if ((n > 0 || failed) && is_recorded(fd, n, s)) {
        passed.flags = failed ? RUN_ERROR : 0;
        passed.total = failed ? 0 : (uint64_t)n;
        passed.elapsed = failed ? 0 : recorder_now() - s->begin;
        run_record(fd, &passed);
    }
    snapshot_drop(&s->kept);
    if (s->cookie)
        fd_send_ends(fd);
    return n;
}

/* ---- the calls ---- */

ssize_t wrap_send(int fd, const void *buf, size_t len, int flags)
{
    struct sending s;
    sending_flat(&s, fd, buf, len);
    return sending_done(&s, fd, real.send(fd, buf, len, flags));
}

ssize_t wrap___send(int fd, const void *buf, size_t len, int flags)
{
    return wrap_send(fd, buf, len, flags);
}

ssize_t wrap_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
    struct sending s;
    sending_flat(&s, fd, buf, len);
    return sending_done(&s, fd, real.sendto(fd, buf, len, flags, to, to_len));
}

static void add_message(struct sending *s, const struct msghdr *msg)
{
    struct caller caller = {0};
    struct msghdr copy;
    if (caller_copy(&caller, &copy, msg, sizeof copy) == sizeof copy)
        snapshot_add(&s->kept, copy.msg_iov, copy.msg_iovlen);
}

void sending_message(struct sending *s, int fd, const struct msghdr *msg)
{
    start(s, fd);
    snapshot_begin(&s->kept);
    add_message(s, msg);
    snapshot_end(&s->kept, fd, false);
}

ssize_t wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct sending s;
    sending_message(&s, fd, msg);
    return sending_done(&s, fd, real.sendmsg(fd, msg, flags));
}

/* The peer may have its answer: the vector may be gone. */
static ssize_t bytes_sent(const struct mmsghdr *messages, int count)
{
    ssize_t bytes = 0;
    for (int i = 0; i < count; i++) {
        struct caller caller = {0};
        unsigned len;
        if (caller_copy(&caller, &len, &messages[i].msg_len, sizeof len) == sizeof len)
            bytes += (ssize_t)len;
    }
    return bytes;
}

/* Each message behind the other, as the stream has them. */
int wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    struct sending s;
    start(&s, fd);
    snapshot_begin(&s.kept);
    for (unsigned i = 0; i < count && i < SCRATCH_IOVS && s.kept.iovs >= 0; i++)
        add_message(&s, &messages[i].msg_hdr);
    snapshot_end(&s.kept, fd, false);
    int n = real.sendmmsg(fd, messages, count, flags);
    (void)sending_done(&s, fd, n < 0 ? n : bytes_sent(messages, n));
    return n;
}

ssize_t wrap_write(int fd, const void *buf, size_t len)
{
    struct sending s;
    if (unlikely(!fd_is_still(fd)))
        return real.write(fd, buf, len);
    sending_flat(&s, fd, buf, len);
    return sending_done(&s, fd, real.write(fd, buf, len));
}

ssize_t wrap___write(int fd, const void *buf, size_t len)
{
    return wrap_write(fd, buf, len);
}

ssize_t wrap_writev(int fd, const struct iovec *iov, int count)
{
    struct sending s;
    if (unlikely(!fd_is_still(fd)))
        return real.writev(fd, iov, count);
    sending_vector(&s, fd, iov, count);
    return sending_done(&s, fd, real.writev(fd, iov, count));
}

/* On a socket only without an offset. */
ssize_t wrap_pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    struct sending s;
    if (unlikely(!fd_is_still(fd)))
        return real.pwritev2(fd, iov, count, offset, flags);
    sending_vector(&s, fd, iov, count);
    return sending_done(&s, fd, real.pwritev2(fd, iov, count, offset, flags));
}

ssize_t wrap_pwritev64v2(int fd, const struct iovec *iov, int count, off64_t offset, int flags)
{
    return wrap_pwritev2(fd, iov, count, offset, flags);
}

/* ---- bytes that are not at hand: their number is what framing needs ---- */

ssize_t wrap_sendfile(int fd, int in, off_t *offset, size_t len)
{
    struct sending s = {0};
    start(&s, fd);
    return sending_done(&s, fd, real.sendfile(fd, in, offset, len));
}

ssize_t wrap_sendfile64(int fd, int in, off64_t *offset, size_t len)
{
    return wrap_sendfile(fd, in, offset, len);
}

/* From a connection to a pipe, or from a pipe to a connection. */
ssize_t wrap_splice(
    int fd, off64_t *in_offset, int out, off64_t *out_offset, size_t len, unsigned flags)
{
    struct sending s = {0};
    bool sends = fd_tracked(out);
    if (sends)
        start(&s, out);
    ssize_t n = real.splice(fd, in_offset, out, out_offset, len, flags);
    if (sends)
        (void)sending_done(&s, out, n);
    struct passed passed = {
        .type = REC_RECV, .total = n > 0 ? (uint64_t)n : 0, .time = recorder_now()};
    if (fd_recorded(fd) && (n > 0 || (n == 0 && len))) {
        passed.flags = n ? 0 : RUN_EOF;
        run_record(fd, &passed);
    }
    return n;
}

/* Sent by a thread of libc, soon. Of a list, only what is to be written. */
static void sends_later(const void *block, bool listed)
{
    struct caller caller = {0};
    struct aiocb copy;
    struct sending s;
    if (!recorder_active() || caller_copy(&caller, &copy, block, sizeof copy) != sizeof copy ||
        !fd_tracked(copy.aio_fildes) || (listed && copy.aio_lio_opcode != LIO_WRITE))
        return;
    sending_flat(&s, copy.aio_fildes, (const void *)(uintptr_t)copy.aio_buf, copy.aio_nbytes);
    (void)sending_done(&s, copy.aio_fildes, (ssize_t)copy.aio_nbytes);
}

static void list_sends_later(const void *list, int count)
{
    for (int i = 0; i < count && recorder_active(); i++) {
        struct caller caller = {0};
        uintptr_t block = 0; /* entries may be NULL */
        const char *entry = (const char *)list + (size_t)i * sizeof block;
        if (caller_copy(&caller, &block, entry, sizeof block) == sizeof block)
            sends_later((const void *)block, true);
    }
}

int wrap_aio_write(struct aiocb *block)
{
    sends_later(block, false);
    return real.aio_write(block);
}

int wrap_lio_listio(
    int mode, struct aiocb *const list[restrict], int count, struct sigevent *restrict event)
{
    list_sends_later(list, count);
    return real.lio_listio(mode, list, count, event);
}

int wrap_lio_listio64(
    int mode, struct aiocb64 *const list[restrict], int count, struct sigevent *restrict event)
{
    list_sends_later(list, count);
    return real.lio_listio64(mode, list, count, event);
}

int wrap_aio_write64(struct aiocb64 *block)
{
    sends_later(block, false);
    return real.aio_write64(block);
}
