/* The descriptor table, and the records of a connection's bytes. */
#include "fds.h"

#include <string.h>
#include <sys/mman.h>

#include "recorder.h"
#include "stack.h"
#include "sys.h"

/* How much of a conversation is kept: requests name what is wanted and arrive whole; of a response
 * the head matters. A turn begins when the direction changes. Of a request as much as a record
 * holds: gateways tell the query first, and take 8 KB of it, before they tell even the method. */
enum { KEEP_REQUEST = 14 * 1024, KEEP_RESPONSE = 1024, KEEP_ALWAYS = 256 };
_Static_assert(KEEP_REQUEST + RUN_TAIL_MAX + sizeof(struct rec_run) <= RECORD_SIZE_MAX,
    "what is kept of a call fits a record");

struct fd_info {
    uint64_t cookie;
    uint16_t left;     /* bytes this turn may still keep beyond KEEP_ALWAYS a call */
    uint8_t direction; /* record type of the last run, 0: none yet */
    bool duplicated;   /* another descriptor of this process may be the same connection */
};

uint8_t fd_classes[FDS_MAX];
static struct fd_info *infos; /* mapped at the first tracked descriptor, touched as far as used */

static bool have_infos(void)
{
    if (infos)
        return true;
    void *map = mmap(NULL, FDS_MAX * sizeof *infos, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return false;
    struct fd_info *none = NULL;
    if (!__atomic_compare_exchange_n(&infos, &none, map, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        munmap(map, FDS_MAX * sizeof *infos);
    return true;
}

uint64_t fd_track(int fd, enum fd_class class)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;
    if ((unsigned)fd >= FDS_MAX || recorder_is_borrowed() || !have_infos())
        return 0;
    if (sys(SYS_getsockopt, fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) < 0)
        cookie = 0;
    infos[fd] = (struct fd_info){.cookie = cookie};
    fd_classes[fd] = cookie ? class : FD_UNTRACKED;
    return cookie;
}

void fd_consider(int fd)
{
    if ((unsigned)fd < FDS_MAX && fd_classes[fd] == FD_UNTRACKED)
        fd_classes[fd] = FD_CANDIDATE;
}

static bool is_candidate(int fd)
{
    return fd_classes[fd] == FD_CANDIDATE;
}

uint64_t fd_cookie(int fd)
{
    return fd_tracked(fd) && !is_candidate(fd) ? infos[fd].cookie : 0;
}

void fd_copy(int from, int to)
{
    if ((unsigned)to >= FDS_MAX || !fd_tracked(from) || recorder_is_borrowed())
        return;
    fd_classes[to] = fd_classes[from];
    if (is_candidate(from))
        return;
    infos[from].duplicated = true;
    infos[to] = infos[from];
}

static bool held_elsewhere(int fd)
{
    if (!infos[fd].duplicated)
        return false;
    for (int i = 0; i < FDS_MAX; i++)
        if (i != fd && fd_classes[i] && !is_candidate(i) && infos[i].cookie == infos[fd].cookie)
            return true;
    return false;
}

static void record_close(uint64_t cookie)
{
    struct guard guard;
    if (!recorder_enter(&guard))
        return;
    struct rec_close *r = recorder_begin(REC_CLOSE, sizeof *r, recorder_now());
    if (r) {
        r->cookie = cookie;
        recorder_commit(r);
    }
    recorder_leave(&guard);
}

void fd_forget(int fd)
{
    if (!fd_tracked(fd) || recorder_is_borrowed())
        return;
    if (is_candidate(fd)) {
        fd_classes[fd] = FD_UNTRACKED;
        return;
    }
    uint64_t cookie = infos[fd].cookie;
    bool last = !held_elsewhere(fd) && fd_classes[fd] != FD_LISTENER;
    fd_classes[fd] = FD_UNTRACKED;
    if (last)
        record_close(cookie);
}

void fd_forget_range(unsigned first, unsigned last)
{
    if (!infos || recorder_is_borrowed())
        return;
    for (unsigned fd = first; fd <= last && fd < FDS_MAX; fd++)
        if (fd_classes[fd])
            fd_forget((int)fd);
}

/* Copies bytes [from, from + n) of the iovec; they were moved by the kernel, so they are there. */
static void gather(char *out, const struct iovec *iov, int count, uint64_t from, size_t n)
{
    for (int i = 0; i < count && n; i++) {
        if (from >= iov[i].iov_len) {
            from -= iov[i].iov_len;
            continue;
        }
        size_t part = iov[i].iov_len - from;
        if (part > n)
            part = n;
        memcpy(out, (const char *)iov[i].iov_base + from, part);
        out += part;
        n -= part;
        from = 0;
    }
}

static size_t keep_bytes(int fd, enum record_type type, uint64_t total)
{
    struct fd_info *info = &infos[fd];
    if (info->direction != type) {
        bool request = type == (fd_classes[fd] == FD_CLIENT ? REC_SEND : REC_RECV);
        info->direction = (uint8_t)type;
        info->left = request ? KEEP_REQUEST : KEEP_RESPONSE;
    }
    size_t keep = info->left > KEEP_ALWAYS ? info->left : KEEP_ALWAYS;
    if (keep > total)
        keep = (size_t)total;
    info->left -= keep < info->left ? (uint16_t)keep : info->left;
    return keep;
}

/* Whose bytes these are; one's own connections carry what was asked, and somebody asked. */
static void record_origin(int fd, uint64_t time)
{
    uint64_t stack = stack_capture();
    struct rec_origin *r = stack ? recorder_begin(REC_ORIGIN, sizeof *r, time) : NULL;
    if (!r)
        return;
    r->cookie = infos[fd].cookie;
    r->stack_id = stack;
    recorder_commit(r);
}

void fd_record_run(int fd, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, unsigned flags, uint64_t time, uint64_t elapsed)
{
    struct guard guard;
    if (is_candidate(fd) || !recorder_enter(&guard))
        return;
    if (type == REC_SEND && total && fd_classes[fd] == FD_CLIENT)
        record_origin(fd, time);
    size_t head = count ? keep_bytes(fd, type, total) : 0;
    uint64_t behind = count ? total - head : 0;
    size_t tail = behind < RUN_TAIL_MAX ? (size_t)behind : RUN_TAIL_MAX;
    struct rec_run *r = recorder_begin(type, sizeof *r + head + tail, time);
    if (r) {
        r->head.flags = (uint16_t)flags;
        r->cookie = infos[fd].cookie;
        r->total = total;
        r->elapsed = elapsed;
        r->head_len = (uint32_t)head;
        r->tail_len = (uint32_t)tail;
        gather((char *)(r + 1), iov, count, 0, head);
        if (tail)
            gather((char *)(r + 1) + head, iov, count, total - tail, tail);
        recorder_commit(r);
    }
    recorder_leave(&guard);
}
