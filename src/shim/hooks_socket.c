/* What passes over accepted connections, and the life of their descriptors. */
#include "hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "fds.h"
#include "recorder.h"
#include "sys.h"

static bool is_network_family(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET || address->ss_family == AF_INET6;
}

/* ---- input ---- */

/* Bytes that were only looked at, or thrown away unseen, are not part of the conversation. */
static void received(int fd, const struct iovec *iov, int count, ssize_t n, int flags)
{
    if (flags & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE))
        return;
    if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == EFAULT || errno == EBADF))
        return;
    unsigned run_flags = n < 0 ? RUN_ERROR : n == 0 ? RUN_EOF : 0;
    bool kept = n > 0 && !(flags & MSG_TRUNC);
    fd_record_run(
        fd, REC_RECV, iov, kept ? count : 0, n > 0 ? (uint64_t)n : 0, run_flags, recorder_now(), 0);
}

static ssize_t received_flat(int fd, void *buf, size_t len, ssize_t n, int flags)
{
    struct iovec iov = {buf, len};
    if (n != 0 || len != 0) /* an empty read says nothing */
        received(fd, &iov, 1, n, flags);
    return n;
}

ssize_t wrap_recv(int fd, void *buf, size_t len, int flags)
{
    return received_flat(fd, buf, len, real.recv(fd, buf, len, flags), flags);
}

ssize_t wrap_recvfrom(int fd, void *restrict buf, size_t len, int flags,
    struct sockaddr *restrict from, socklen_t *restrict from_len)
{
    ssize_t n = real.recvfrom(fd, buf, len, flags, from, from_len);
    return received_flat(fd, buf, len, n, flags);
}

/* A connection that another process accepted: worked on here from now on. Other sockets that are
 * passed about (of desktops, of containers' supervisors) are not connections over a network. */
static void adopt(int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer, type_len = sizeof(int);
    int type = 0;
    fd_forget(fd); /* closed by a way that is not ours to see */
    if (sys(SYS_getpeername, fd, &peer, &len) < 0 || !is_network_family(&peer) ||
        sys(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 || type != SOCK_STREAM)
        return;
    recorder_start();
    if (recorder_active())
        fd_track(fd, FD_SERVER);
}

static void adopt_passed(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            adopt(fd);
        }
    }
}

ssize_t wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
    ssize_t n = real.recvmsg(fd, msg, flags);
    if (n == -1)
        return n;
    if (fd_tracked(fd))
        received(fd, msg->msg_iov, (int)msg->msg_iovlen, n, flags);
    else if (unlikely(msg->msg_controllen) && !in_libpq())
        adopt_passed(msg);
    return n;
}

ssize_t wrap_read(int fd, void *buf, size_t len)
{
    return received_flat(fd, buf, len, real.read(fd, buf, len), 0);
}

ssize_t wrap_readv(int fd, const struct iovec *iov, int count)
{
    ssize_t n = real.readv(fd, iov, count);
    received(fd, iov, count, n, 0);
    return n;
}

ssize_t wrap___recv_chk(int fd, void *buf, size_t len, size_t size, int flags)
{
    return received_flat(fd, buf, len, real.__recv_chk(fd, buf, len, size, flags), flags);
}

ssize_t wrap___recvfrom_chk(int fd, void *buf, size_t len, size_t size, int flags,
    struct sockaddr *from, socklen_t *from_len)
{
    ssize_t n = real.__recvfrom_chk(fd, buf, len, size, flags, from, from_len);
    return received_flat(fd, buf, len, n, flags);
}

ssize_t wrap___read_chk(int fd, void *buf, size_t len, size_t size)
{
    return received_flat(fd, buf, len, real.__read_chk(fd, buf, len, size), 0);
}

/* ---- addresses ---- */

static void describe_address(
    struct rec_address *out, const struct sockaddr *address, const char **path, size_t *path_len)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        *out = (struct rec_address){.family = ADDRESS_IPV4, .port = ntohs(in->sin_port)};
        memcpy(out->ip, &in->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)address;
        *out = (struct rec_address){
            .family = ADDRESS_IPV6, .port = ntohs(in->sin6_port), .scope = in->sin6_scope_id};
        memcpy(out->ip, &in->sin6_addr, 16);
    } else {
        const struct sockaddr_un *un = (const void *)address;
        *out = (struct rec_address){.family = ADDRESS_UNIX};
        *path = un->sun_path;
        *path_len = un->sun_path[0] ? strnlen(un->sun_path, *path_len) : *path_len;
    }
}

static bool is_stream_family(const struct sockaddr_storage *address)
{
    return is_network_family(address) || address->ss_family == AF_UNIX;
}

static void record_socket(enum record_type type, int fd, uint64_t cookie, uint64_t listener,
    const struct sockaddr_storage *address, socklen_t address_len, uint64_t time)
{
    struct guard guard;
    const char *path = NULL;
    size_t path_len = address_len > offsetof(struct sockaddr_un, sun_path)
                          ? address_len - offsetof(struct sockaddr_un, sun_path)
                          : 0;
    struct rec_address described;
    describe_address(&described, (const void *)address, &path, &path_len);
    if (!path)
        path_len = 0;
    if (!recorder_enter(&guard))
        return;
    struct rec_socket *r = recorder_begin(type, sizeof *r + path_len, time);
    if (r) {
        r->cookie = cookie;
        r->listener = listener;
        r->address = described;
        r->fd = fd;
        r->path_len = (uint32_t)path_len;
        memcpy(r + 1, path_len ? path : "", path_len);
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

/* ---- the service's own connections ---- */

enum { STARTUP = 3 << 16, SSL_REQUEST = 1234 << 16 | 5679, GSS_REQUEST = 1234 << 16 | 5680 };

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Whether these are the first bytes that a client sends to PostgreSQL: a length and a code. */
static bool begins_postgres(const struct iovec *iov, int count)
{
    if (count < 1 || iov->iov_len < 8)
        return false;
    const unsigned char *bytes = iov->iov_base;
    uint32_t len = big_endian(bytes), code = big_endian(bytes + 4);
    return ((code & 0xffff0000) == STARTUP && len >= 9 && len <= 10000) ||
           ((code == SSL_REQUEST || code == GSS_REQUEST) && len == 8);
}

/* The first bytes were sent: from now on it is followed, or left alone. */
static void decide(int fd, const struct iovec *iov, int count, uint64_t time)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    fd_classes[fd] = FD_UNTRACKED;
    if (!begins_postgres(iov, count))
        return;
    recorder_start();
    if (!recorder_active() || sys(SYS_getpeername, fd, &peer, &len) < 0 || !is_stream_family(&peer))
        return;
    uint64_t cookie = fd_track(fd, FD_CLIENT);
    if (cookie)
        record_socket(REC_CONNECT, fd, cookie, 0, &peer, len, time);
}

/* ---- output ---- */

/* A call that sends, from before it. */
struct sending {
    uint64_t begin, cookie;
};

static struct sending sending(int fd)
{
    return (struct sending){recorder_now(), fd_last_cookie(fd)};
}

/* Whether the bytes were the recorded connection's. The peer may have its answer, and another
 * thread have closed the descriptor, before the call returns here; even its number may be
 * another's. */
static bool is_recorded(
    int fd, const struct iovec *iov, int count, ssize_t n, const struct sending *call)
{
    if (likely(fd_classes[fd] != FD_CANDIDATE))
        return fd_last_cookie(fd) == call->cookie;
    if (n > 0)
        decide(fd, iov, count, call->begin);
    return fd_recorded(fd);
}

static ssize_t sent(
    int fd, const struct iovec *iov, int count, ssize_t n, const struct sending *call)
{
    uint64_t begin = call->begin;
    if (!is_recorded(fd, iov, count, n, call))
        return n;
    if (n > 0)
        fd_record_run(fd, REC_SEND, iov, count, (uint64_t)n, 0, begin, recorder_now() - begin);
    else if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
        fd_record_run(fd, REC_SEND, NULL, 0, 0, RUN_ERROR, begin, 0);
    return n;
}

static ssize_t sent_flat(int fd, const void *buf, size_t len, ssize_t n, const struct sending *call)
{
    struct iovec iov = {(void *)(uintptr_t)buf, len};
    return sent(fd, &iov, 1, n, call);
}

ssize_t wrap_send(int fd, const void *buf, size_t len, int flags)
{
    struct sending call = sending(fd);
    return sent_flat(fd, buf, len, real.send(fd, buf, len, flags), &call);
}

ssize_t wrap_sendto(
    int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
    struct sending call = sending(fd);
    return sent_flat(fd, buf, len, real.sendto(fd, buf, len, flags, to, to_len), &call);
}

ssize_t wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    struct sending call = sending(fd);
    ssize_t n = real.sendmsg(fd, msg, flags);
    return n == -1 ? sent(fd, NULL, 0, n, &call)
                   : sent(fd, msg->msg_iov, (int)msg->msg_iovlen, n, &call);
}

ssize_t wrap_write(int fd, const void *buf, size_t len)
{
    struct sending call = sending(fd);
    return sent_flat(fd, buf, len, real.write(fd, buf, len), &call);
}

ssize_t wrap_writev(int fd, const struct iovec *iov, int count)
{
    struct sending call = sending(fd);
    return sent(fd, iov, count, real.writev(fd, iov, count), &call);
}

/* The bytes of a file are not at hand; their number is what framing needs. */
ssize_t wrap_sendfile(int fd, int in, off_t *offset, size_t len)
{
    struct sending call = sending(fd);
    return sent(fd, NULL, 0, real.sendfile(fd, in, offset, len), &call);
}

ssize_t wrap_sendfile64(int fd, int in, off64_t *offset, size_t len)
{
    struct sending call = sending(fd);
    return sent(fd, NULL, 0, real.sendfile64(fd, in, offset, len), &call);
}

/* ---- connections ---- */

/* Follows a connection whose descriptor the service has just received. */
static void accepted(int listener, int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    if (in_libpq())
        return;
    fd_forget(fd); /* closed by a way that is not ours to see */
    if (sys(SYS_getpeername, fd, &peer, &len) < 0 || !is_stream_family(&peer))
        return;
    recorder_start();
    if (!recorder_active())
        return;
    uint64_t cookie = fd_track(fd, FD_SERVER);
    if (cookie)
        record_socket(REC_ACCEPT, fd, cookie, fd_cookie(listener), &peer, len, recorder_now());
}

int wrap_accept(int fd, struct sockaddr *restrict from, socklen_t *restrict from_len)
{
    int accepted_fd = real.accept(fd, from, from_len);
    if (accepted_fd >= 0)
        accepted(fd, accepted_fd);
    return accepted_fd;
}

int wrap_accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict from_len, int flags)
{
    int accepted_fd = real.accept4(fd, from, from_len, flags);
    if (accepted_fd >= 0)
        accepted(fd, accepted_fd);
    return accepted_fd;
}

static uint64_t inherited; /* standard input's cookie */

/* As inetd starts its services. Between processes of one machine sockets on standard input are
 * mostly something else, so AF_UNIX is left alone. */
void look_at_input(void)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    if (sys(SYS_getpeername, STDIN_FILENO, &peer, &len) < 0 ||
        (peer.ss_family != AF_INET && peer.ss_family != AF_INET6))
        return;
    inherited = fd_ask_cookie(STDIN_FILENO);
    fd_classes[STDIN_FILENO] = FD_INHERITED;
    streams_watch();
}

bool adopt_input(void)
{
    int saved_errno = errno;
    fd_classes[STDIN_FILENO] = FD_UNTRACKED;
    if (fd_ask_cookie(STDIN_FILENO) == inherited) {
        recorder_start();
        accepted(-1, STDIN_FILENO);
    }
    uint64_t cookie = fd_cookie(STDIN_FILENO);
    for (int fd = STDOUT_FILENO; cookie && fd <= STDERR_FILENO; fd++)
        if (!fd_tracked(fd) && fd_ask_cookie(fd) == cookie)
            fd_copy(STDIN_FILENO, fd);
    errno = saved_errno;
    return cookie;
}

int wrap_listen(int fd, int backlog)
{
    int result = real.listen(fd, backlog);
    struct sockaddr_storage local = {0};
    socklen_t len = sizeof local;
    if (result != 0 || sys(SYS_getsockname, fd, &local, &len) < 0 || !is_stream_family(&local))
        return result;
    recorder_start();
    if (recorder_active()) {
        uint64_t cookie = fd_track(fd, FD_LISTENER);
        if (cookie)
            record_socket(REC_LISTEN, fd, cookie, 0, &local, len, recorder_now());
    }
    return result;
}

int wrap_connect(int fd, const struct sockaddr *to, socklen_t to_len)
{
    /* A descriptor seen here for the first time is a new socket, whatever its number was before. */
    if (fd_tracked(fd))
        fd_forget(fd);
    int result = real.connect(fd, to, to_len);
    bool connects = result == 0 || errno == EINPROGRESS || errno == EALREADY || errno == EINTR ||
                    errno == EISCONN;
    if (connects && !in_libpq() && recorder_allowed())
        fd_consider(fd);
    return result;
}

int wrap_shutdown(int fd, int how)
{
    if (how != SHUT_RD && fd_classes[fd] != FD_LISTENER)
        fd_record_run(fd, REC_SEND, NULL, 0, 0, RUN_EOF, recorder_now(), 0);
    return real.shutdown(fd, how);
}

/* ---- descriptors ---- */

int wrap_close(int fd)
{
    fd_forget(fd); /* before: once closed, the number may be anybody's */
    return real.close(fd);
}

static void copied(int fd, int copy)
{
    fd_copy(fd, copy);
    if (copy <= STDERR_FILENO && fd_tracked(copy))
        streams_watch(); /* stdio has streams on these */
}

int wrap_dup(int fd)
{
    int copy = real.dup(fd);
    if (copy >= 0)
        copied(fd, copy);
    return copy;
}

int wrap_dup2(int fd, int to)
{
    if (fd != to && fd_tracked(to))
        fd_forget(to);
    int copy = real.dup2(fd, to);
    if (copy >= 0 && fd != to)
        copied(fd, copy);
    return copy;
}

int wrap_dup3(int fd, int to, int flags)
{
    if (fd != to && fd_tracked(to))
        fd_forget(to);
    int copy = real.dup3(fd, to, flags);
    if (copy >= 0)
        copied(fd, copy);
    return copy;
}

int wrap_fcntl(__typeof__(real.fcntl) next, int fd, int command, void *argument)
{
    int result = next(fd, command, argument);
    if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC))
        copied(fd, result);
    return result;
}

int wrap_close_range(unsigned first, unsigned last, int flags)
{
    if (!(flags & CLOSE_RANGE_CLOEXEC))
        fd_forget_range(first, last);
    return real.close_range(first, last, flags);
}

void wrap_closefrom(int first)
{
    fd_forget_range(first < 0 ? 0 : (unsigned)first, FDS_MAX - 1);
    real.closefrom(first);
}
