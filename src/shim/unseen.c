#include "unseen.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "caller.h"
#include "fd_info.h"
#include "recorder.h"
#include "sys.h"

/* <netinet/tcp.h>, which has these, can't be had together with <linux/tcp.h> */
enum { ESTABLISHED = 1, CLOSE_WAIT = 8 };
enum { BEGINNING = 16, METHOD_MAX = 10 };

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
           info->receiver == process && !info->tls && !info->sending && !info->frames.receives;
}

static bool begins_http(const char bytes[BEGINNING])
{
    unsigned n = 0;
    while (n < METHOD_MAX && ((bytes[n] >= 'A' && bytes[n] <= 'Z') || bytes[n] == '-'))
        n++;
    const char *target = bytes + n + 1;
    return n && bytes[n] == ' ' &&
           (*target == '/' || *target == '*' || memcmp(target, "http", 4) == 0);
}

static bool begins_request(const struct passed *p)
{
    static const char fastcgi_begin[] = {1, 1}; /* its version, and the record's type */
    char bytes[BEGINNING];
    if (p->total < sizeof bytes || !p->count)
        return false;
    iovec_copy(bytes, p->iov, p->count, 0, sizeof bytes);
    return begins_http(bytes) || memcmp(bytes, fastcgi_begin, sizeof fastcgi_begin) == 0;
}

/* ---- what the kernel says ---- */

static bool is_same_connection(int fd)
{
    return fd_ask_cookie(fd) == fd_info(fd)->cookie;
}

/* A FIN counts as a byte while it waits. */
static uint64_t bytes_waiting(const struct tcp_info *tcp)
{
    bool ends = tcp->tcpi_state != ESTABLISHED && tcp->tcpi_state != CLOSE_WAIT;
    return tcp->tcpi_notsent_bytes - (ends && tcp->tcpi_notsent_bytes);
}

/* Kernels before 4.19 do not count, and other sockets than TCP's neither. */
static void record_count(int fd, uint64_t time)
{
    struct guard guard;
    struct tcp_info tcp = {0};
    socklen_t len = sizeof tcp;
    if (!caller_may_ask() || !is_same_connection(fd) ||
        sys(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &tcp, &len) < 0 ||
        len < offsetof(struct tcp_info, tcpi_bytes_retrans) + sizeof tcp.tcpi_bytes_retrans)
        return;
    uint64_t sent = tcp.tcpi_bytes_sent - tcp.tcpi_bytes_retrans + bytes_waiting(&tcp);
    if (!sent || !recorder_enter(&guard))
        return;
    struct rec_run *r = recorder_begin(REC_SEND, sizeof *r, time);
    if (r) {
        r->head.flags = RUN_COUNT;
        r->cookie = fd_info(fd)->cookie;
        r->total = sent;
        r->elapsed = tcp.tcpi_last_data_sent * UINT64_C(1000000);
        r->task = 0;
        r->head_len = r->tail_len = 0;
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

/* ---- when it is asked ---- */

void unseen_before(int fd, const struct passed *received)
{
    struct fd_info *info = fd_info(fd);
    if (unlikely(is_unanswered(fd)) && begins_request(received)) {
        record_count(fd, received->time);
        info->direction = 0; /* another turn begins */
    }
    info->receiver = process;
}

void unseen_at_end(int fd)
{
    if (is_unanswered(fd))
        record_count(fd, recorder_now());
}

void unseen_at_exit(void)
{
    for (int fd = 0; fd < fds_end(); fd++)
        if (fd_recorded(fd))
            unseen_at_end(fd);
}
