#include "unseen.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "caller.h"
#include "fd_info.h"
#include "recorder.h"
#include "sys.h"

/* <netinet/tcp.h>, which has these, can't be had together with <linux/tcp.h> */
enum { ESTABLISHED = 1, CLOSE_WAIT = 8 };
enum { BEGINNING = 32, METHOD_MAX = 24 };

static uint8_t process; /* how many forks ago the first one was */

void unseen_forked(void)
{
    process++;
}

/* ---- whether something is missing ---- */

static bool is_unanswered(int fd)
{
    const struct fd_info *info = fd_info(fd);
    return fd_classes[fd] == FD_SERVER && (info->direction == REC_RECV || info->duplicated) &&
           info->receiver == process && !info->tls && !info->frames.receives;
}

/* Some services read a byte at a time: the last ones of a call are joined to those before. */
static void note_last_bytes(struct fd_info *info, const struct passed *p)
{
    unsigned char bytes[sizeof info->received];
    if (likely(p->count && p->total >= sizeof bytes && p->iov->iov_len >= p->total)) {
        memcpy(bytes, (const char *)p->iov->iov_base + p->total - sizeof bytes, sizeof bytes);
        info->received = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                         (uint32_t)bytes[2] << 8 | bytes[3];
        return;
    }
    size_t n = p->total < sizeof bytes ? (size_t)p->total : sizeof bytes;
    if (!p->count)
        return;
    iovec_copy((char *)bytes, p->iov, p->count, p->total - n, n);
    for (size_t i = 0; i < n; i++)
        info->received = info->received << 8 | bytes[i];
}

/* What was received ended with an empty line, as requests do that have no body. */
static bool ended_head(const struct fd_info *info)
{
    return info->received == 0x0d0a0d0a || (info->received & 0xffff) == 0x0a0a;
}

static bool begins_http(const char *bytes)
{
    unsigned n = 0;
    while (n < METHOD_MAX && ((bytes[n] >= 'A' && bytes[n] <= 'Z') || bytes[n] == '-'))
        n++;
    return n && bytes[n] == ' ' && bytes[n + 1] > ' ';
}

static bool begins_request(const struct passed *p)
{
    static const char fastcgi_begin[] = {1, 1}; /* its version, and the record's type */
    char bytes[BEGINNING] = {0};
    if (!p->count)
        return false;
    iovec_copy(
        bytes, p->iov, p->count, 0, p->total < sizeof bytes ? (size_t)p->total : sizeof bytes);
    return begins_http(bytes) || memcmp(bytes, fastcgi_begin, sizeof fastcgi_begin) == 0;
}

/* ---- what the kernel says ---- */

/* MPTCP has several streams below the one that it counts for. */
static bool is_same_connection(int fd)
{
    int protocol = 0;
    socklen_t len = sizeof protocol;
    return fd_ask_cookie(fd) == fd_info(fd)->cookie &&
           sys(SYS_getsockopt, fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
           protocol == IPPROTO_TCP;
}

/* How many bytes the service has sent, acknowledged or not: in this order the sum may be less than
 * that, never more. A FIN counts as one. false: this kernel, or this kind of socket, does not say.
 */
static bool ask(int fd, uint64_t *ret_sent, uint64_t *ret_ago)
{
    struct tcp_info tcp = {0};
    socklen_t len = sizeof tcp;
    int waiting = 0;
    if (!is_same_connection(fd) || sys(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &tcp, &len) < 0 ||
        len < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof tcp.tcpi_bytes_acked ||
        sys(SYS_ioctl, fd, SIOCOUTQ, &waiting) < 0)
        return false;
    uint64_t sent = tcp.tcpi_bytes_acked + (uint64_t)waiting;
    bool ends = tcp.tcpi_state != ESTABLISHED && tcp.tcpi_state != CLOSE_WAIT;
    *ret_sent = sent - (ends && sent);
    *ret_ago = tcp.tcpi_last_data_sent * UINT64_C(1000000);
    return *ret_sent;
}

static void record_count(int fd, uint64_t sent, uint64_t ago, uint64_t time)
{
    struct guard guard;
    if (!recorder_enter(&guard))
        return;
    struct rec_run *r = recorder_begin(REC_SEND, sizeof *r, time);
    if (r) {
        r->head.flags = RUN_COUNT;
        r->cookie = fd_info(fd)->cookie;
        r->total = sent;
        r->elapsed = ago;
        r->task = 0;
        r->head_len = r->tail_len = 0;
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

/* Returns the time of the count. While a call sends, its bytes are counted and not told of yet. */
static uint64_t count(int fd)
{
    struct fd_calls *calls = fd_calls(fd);
    uint32_t begun = __atomic_load_n(&calls->begun, __ATOMIC_SEQ_CST);
    uint64_t sent, ago;
    bool idle = __atomic_load_n(&calls->ended, __ATOMIC_SEQ_CST) == begun;
    bool told = idle && !caller_is_locked_in() && ask(fd, &sent, &ago);
    uint64_t now = recorder_now();
    if (told && __atomic_load_n(&calls->begun, __ATOMIC_SEQ_CST) == begun)
        record_count(fd, sent, ago, now);
    return now;
}

/* ---- when it is asked ---- */

void unseen_before(int fd, struct passed *received)
{
    struct fd_info *info = fd_info(fd);
    if (unlikely(is_unanswered(fd)) && (ended_head(info) || begins_request(received))) {
        received->time = count(fd);
        info->direction = 0; /* another turn begins */
    }
    info->receiver = process;
    note_last_bytes(info, received);
}

void unseen_at_end(int fd)
{
    if (is_unanswered(fd))
        (void)count(fd);
}

void unseen_at_exit(void)
{
    for (int fd = 0; fd < fds_end(); fd++)
        if (fd_recorded(fd))
            unseen_at_end(fd);
}
