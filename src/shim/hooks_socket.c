/* The life of connections and of their descriptors. */
#include "hooks.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "connections.h"
#include "fds.h"
#include "recorder.h"
#include "runs.h"
#include "sys.h"

static bool is_network_family(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET || address->ss_family == AF_INET6;
}

/* A connection that another process accepted: worked on here from now on. Other sockets that are
 * passed about (of desktops, of containers' supervisors) are not connections over a network. */
static void adopt(int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer, type_len = sizeof(int);
    int type = 0;
    if (fd_tracked(fd))
        fd_replaced(fd);
    if (sys(SYS_getpeername, fd, &peer, &len) < 0 || !is_network_family(&peer) ||
        sys(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 || type != SOCK_STREAM)
        return;
    recorder_start();
    if (recorder_active())
        fd_track(fd, FD_SERVER);
}

void connection_passed(struct msghdr *msg)
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

void connection_made(int fd, uint64_t time)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    recorder_start();
    if (!recorder_active() || sys(SYS_getpeername, fd, &peer, &len) < 0 || !is_stream_family(&peer))
        return;
    uint64_t cookie = fd_track(fd, FD_CLIENT);
    if (cookie)
        record_socket(REC_CONNECT, fd, cookie, 0, &peer, len, time);
}

/* ---- connections ---- */

void connection_accepted(int listener, int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    if (in_libpq())
        return;
    if (fd_tracked(fd))
        fd_replaced(fd);
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
        connection_accepted(fd, accepted_fd);
    return accepted_fd;
}

int wrap_accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict from_len, int flags)
{
    int accepted_fd = real.accept4(fd, from, from_len, flags);
    if (accepted_fd >= 0)
        connection_accepted(fd, accepted_fd);
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
        connection_accepted(-1, STDIN_FILENO);
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
        run_record(
            fd, &(struct passed){.type = REC_SEND, .flags = RUN_EOF, .time = recorder_now()});
    return real.shutdown(fd, how);
}

/* ---- descriptors ---- */

int wrap_close(int fd)
{
    fd_forget(fd); /* before: once closed, the number may be anybody's */
    return real.close(fd);
}

int wrap___close(int fd)
{
    fd_forget(fd);
    return real.__close(fd);
}

static void made_two(int result, const int fds[2])
{
    for (int i = 0; result == 0 && i < 2; i++)
        if (unlikely(fd_tracked(fds[i])))
            fd_replaced(fds[i]);
}

int wrap_socketpair(int domain, int type, int protocol, int fds[2])
{
    int result = real.socketpair(domain, type, protocol, fds);
    made_two(result, fds);
    return result;
}

int wrap_pipe(int fds[2])
{
    int result = real.pipe(fds);
    made_two(result, fds);
    return result;
}

int wrap_pipe2(int fds[2], int flags)
{
    int result = real.pipe2(fds, flags);
    made_two(result, fds);
    return result;
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
