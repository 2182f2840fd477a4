/* The descriptor table, and the records of a connection's bytes. */
#include "fds.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "frames.h"
#include "interpreter.h"
#include "recorder.h"
#include "stack.h"
#include "sys.h"

/* How much of a conversation is kept: requests name what is wanted and arrive whole; of a response
 * the head matters. A turn begins when the direction changes. Of a request as much as a record
 * holds: gateways tell the query first, and take 8 KB of it, before they tell even the method. */
enum { KEEP_REQUEST = 14 * 1024, KEEP_RESPONSE = 1024, KEEP_ALWAYS = 256 };
_Static_assert(KEEP_REQUEST + RUN_TAIL_MAX + sizeof(struct rec_run) <= RECORD_SIZE_MAX,
    "what is kept of a call fits a record");
enum { RUN_KEPT_MAX = RECORD_SIZE_MAX - sizeof(struct rec_run) };

struct fd_info {
    uint64_t cookie;
    uint16_t left;     /* bytes this turn may still keep beyond KEEP_ALWAYS a call */
    uint8_t direction; /* record type of the last run, 0: none yet */
    bool duplicated;   /* another descriptor of this process may be the same connection */
    bool tls;
    bool gap[2]; /* received and sent bytes were lost since the last record */
    struct tls_hello hello;
    struct frames frames;
    struct fd_stream stream;
};

uint8_t fd_classes[FDS_MAX];
static struct fd_info *infos; /* mapped at the first tracked descriptor, touched as far as used */
static _Atomic uint32_t hellos[2]; /* of clients: [1] */
static _Atomic int tls_end;        /* no descriptor from here on is a TLS connection */

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

uint64_t fd_ask_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;
    return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) < 0 ? 0 : cookie;
}

uint64_t fd_track(int fd, enum fd_class class)
{
    if ((unsigned)fd >= FDS_MAX || recorder_is_borrowed() || !have_infos())
        return 0;
    uint64_t cookie = fd_ask_cookie(fd);
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

uint64_t fd_last_cookie(int fd)
{
    return infos ? infos[fd].cookie : 0;
}

uint64_t fd_cookie(int fd)
{
    return fd_tracked(fd) && !is_candidate(fd) ? infos[fd].cookie : 0;
}

struct fd_stream *fd_stream(int fd)
{
    return &infos[fd].stream;
}

void fd_each_output(void (*visit)(FILE *output))
{
    for (int fd = 0; infos && fd < FDS_MAX; fd++)
        if (fd_recorded(fd) && infos[fd].stream.output)
            visit(infos[fd].stream.output);
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
    infos[to].stream = (struct fd_stream){0};
}

static bool held_elsewhere(int fd)
{
    if (!infos[fd].duplicated)
        return false;
    for (int i = 0; i < FDS_MAX; i++)
        if (i != fd && fd_tracked(i) && !is_candidate(i) && infos[i].cookie == infos[fd].cookie)
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
        if (fd_tracked((int)fd))
            fd_forget((int)fd);
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

/* A run's record with room for what is kept; NULL: it is lost. */
static struct rec_run *begin_run(struct fd_info *info, enum record_type type, size_t kept,
    uint64_t total, unsigned flags, uint64_t time, uint64_t elapsed)
{
    bool *gap = &info->gap[type == REC_SEND];
    struct rec_run *r = recorder_begin(type, sizeof *r + kept, time);
    if (!r) {
        *gap = true;
        frames_lose(&info->frames, type);
        return NULL;
    }
    r->head.flags = (uint16_t)(flags | (*gap ? RUN_GAP : 0));
    r->cookie = info->cookie;
    r->total = total;
    r->elapsed = elapsed;
    r->task = total ? interpreter_task() : 0;
    r->head_len = (uint32_t)kept;
    r->tail_len = 0;
    *gap = false;
    return r;
}

static void record_frames(struct fd_info *info, enum record_type type, struct frames_cut *cut,
    unsigned flags, uint64_t time, uint64_t elapsed)
{
    info->direction = (uint8_t)type;
    while (cut->left) {
        struct frames_cut ahead = *cut;
        uint64_t taken;
        size_t kept = frames_take(&ahead, NULL, RUN_KEPT_MAX, &taken);
        struct rec_run *r = begin_run(info, type, kept, taken, flags | RUN_FRAMES, time, elapsed);
        if (!r)
            return;
        frames_take(cut, (char *)(r + 1), kept, &taken);
        recorder_commit(r);
    }
    frames_end(&info->frames, type, cut);
}

static void record_ends(int fd, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, unsigned flags, uint64_t time, uint64_t elapsed)
{
    size_t head = count ? keep_bytes(fd, type, total) : 0;
    uint64_t behind = count ? total - head : 0;
    size_t tail = behind < RUN_TAIL_MAX ? (size_t)behind : RUN_TAIL_MAX;
    struct rec_run *r = begin_run(&infos[fd], type, head + tail, total, flags, time, elapsed);
    if (!r)
        return;
    r->head_len = (uint32_t)head;
    r->tail_len = (uint32_t)tail;
    iovec_copy((char *)(r + 1), iov, count, 0, head);
    if (tail)
        iovec_copy((char *)(r + 1) + head, iov, count, total - tail, tail);
    recorder_commit(r);
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

static void record_bytes(int fd, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, unsigned flags, uint64_t time, uint64_t elapsed)
{
    struct guard guard;
    struct fd_info *info = &infos[fd];
    struct frames_cut cut;
    if (!recorder_enter(&guard)) {
        info->gap[type == REC_SEND] = true;
        frames_lose(&info->frames, type);
        return;
    }
    if (type == REC_SEND && total && fd_classes[fd] == FD_CLIENT)
        record_origin(fd, time);
    if (total && !count && frames_pass_unseen(&info->frames, total))
        flags |= RUN_FRAMES;
    if (total && count && frames_begin(&info->frames, type, iov, count, total, &cut))
        record_frames(info, type, &cut, flags, time, elapsed);
    else
        record_ends(fd, type, iov, count, total, flags, time, elapsed);
    recorder_leave(&guard);
}

/* ---- TLS ---- */

/* A connection begins to be one by its first bytes, or within a call of a TLS library behind bytes
 * in the clear (STARTTLS, the PROXY protocol); PostgreSQL's clients ask for it first. */
static bool begins_tls(int fd, const struct iovec *iov, int count, uint64_t n)
{
    char first[TLS_HELLO_SNIFF];
    if (!count || !n || (infos[fd].direction && !in_tls() && fd_classes[fd] != FD_CLIENT))
        return false;
    size_t len = n < sizeof first ? (size_t)n : sizeof first;
    iovec_copy(first, iov, count, 0, len);
    return tls_hello_begins(first, len);
}

static void take_hello(int fd, const struct iovec *iov, int count, uint64_t n)
{
    char bytes[TLS_HELLO_BYTES];
    struct tls_hello *hello = &infos[fd].hello;
    size_t len = n < sizeof bytes ? (size_t)n : sizeof bytes;
    iovec_copy(bytes, iov, count, 0, len);
    if (!tls_hello_take(hello, bytes, len))
        return;
    int end = atomic_load_explicit(&tls_end, memory_order_relaxed);
    while (end <= fd && !atomic_compare_exchange_weak(&tls_end, &end, fd + 1))
        ;
    atomic_fetch_add(&hellos[fd_classes[fd] == FD_CLIENT], 1);
}

static void record_cipher(int fd, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, unsigned flags, uint64_t time)
{
    struct fd_info *info = &infos[fd];
    bool begins = !info->tls;
    info->tls = true;
    if (count && total && !tls_hello_complete(&info->hello))
        take_hello(fd, iov, count, total);
    if (begins || flags)
        record_bytes(fd, type, NULL, 0, 0, flags | RUN_TLS, time, 0);
}

void fd_record_run(int fd, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, unsigned flags, uint64_t time, uint64_t elapsed)
{
    if (is_candidate(fd))
        return;
    if (unlikely(infos[fd].tls || begins_tls(fd, iov, count, total)))
        record_cipher(fd, type, iov, count, total, flags, time);
    else
        record_bytes(fd, type, iov, count, total, flags, time, elapsed);
}

void fd_record_plain(int fd, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, unsigned flags, uint64_t time, uint64_t elapsed)
{
    record_bytes(fd, type, iov, count, total, flags | RUN_TLS, time, elapsed);
}

/* A service that calls itself holds both ends, and their random bytes are the same. */
bool fd_has_hello(int fd, const struct tls_random *random, enum fd_end end)
{
    enum fd_class other = end == END_SERVER   ? FD_CLIENT
                          : end == END_CLIENT ? FD_SERVER
                                              : FD_UNTRACKED;
    return fd_recorded(fd) && fd_classes[fd] != other && infos[fd].tls &&
           tls_hello_is(&infos[fd].hello, random);
}

int fd_of_hello(const struct tls_random *random, enum fd_end side)
{
    int end = atomic_load_explicit(&tls_end, memory_order_relaxed);
    for (int fd = 0; fd < end; fd++)
        if (fd_has_hello(fd, random, side))
            return fd;
    return -1;
}

uint32_t fd_hellos(enum fd_end end)
{
    uint32_t servers = atomic_load_explicit(&hellos[0], memory_order_relaxed);
    uint32_t clients = atomic_load_explicit(&hellos[1], memory_order_relaxed);
    return (end == END_CLIENT ? 0 : servers) + (end == END_SERVER ? 0 : clients);
}
