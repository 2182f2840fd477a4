/* The descriptor table. */
#include "fd_info.h"

#include <stdatomic.h>
#include <string.h>

#include "candidates.h"
#include "pages.h"
#include "recorder.h"
#include "scratch.h"
#include "sys.h"
#include "unseen.h"

uint8_t fd_classes[FDS_MAX];
struct fd_info *fd_infos;       /* mapped at the first tracked descriptor, touched as far as used */
static _Atomic bool distrusted; /* descriptors have been closed unseen */

static _Atomic int end; /* descriptors from here on were never tracked */

int fds_end(void)
{
    return atomic_load_explicit(&end, memory_order_relaxed);
}

static void note(int fd)
{
    int seen = fds_end();
    while (fd >= seen && !atomic_compare_exchange_weak(&end, &seen, fd + 1))
        ;
}

static bool have_infos(void)
{
    if (fd_infos)
        return true;
    scratch_prepare();
    void *map = pages_map(FDS_MAX * sizeof *fd_infos, MAP_PRIVATE | MAP_NORESERVE);
    if (!map)
        return false;
    struct fd_info *none = NULL;
    if (!__atomic_compare_exchange_n(
            &fd_infos, &none, map, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        pages_unmap(map, FDS_MAX * sizeof *fd_infos);
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
    note(fd);
    fd_infos[fd] = (struct fd_info){.cookie = cookie, .home = (uint16_t)fd};
    if (class == FD_CLIENT)
        frames_exclude(&fd_infos[fd].frames);
    fd_classes[fd] = cookie ? class : FD_UNTRACKED;
    return cookie;
}

static bool is_candidate(int fd)
{
    return fd_classes[fd] == FD_CANDIDATE;
}

void fd_consider(int fd)
{
    if ((unsigned)fd < FDS_MAX && fd_classes[fd] == FD_UNTRACKED)
        fd_classes[fd] = FD_CANDIDATE;
    if ((unsigned)fd < FDS_MAX && is_candidate(fd))
        candidate_begin(fd);
}

uint64_t fd_last_cookie(int fd)
{
    return fd_infos ? fd_infos[fd].cookie : 0;
}

uint64_t fd_cookie(int fd)
{
    return fd_tracked(fd) && !is_candidate(fd) ? fd_infos[fd].cookie : 0;
}

struct fd_stream *fd_stream(int fd)
{
    return &fd_infos[fd].stream;
}

void fd_each_output(void (*visit)(FILE *output))
{
    for (int fd = 0; fd < fds_end(); fd++)
        if (fd_recorded(fd) && fd_infos[fd].stream.output)
            visit(fd_infos[fd].stream.output);
}

void fd_copy(int from, int to)
{
    if ((unsigned)to >= FDS_MAX || !fd_tracked(from) || recorder_is_borrowed())
        return;
    fd_classes[to] = fd_classes[from];
    if (is_candidate(from)) {
        candidate_copy(from, to);
        return;
    }
    note(to);
    fd_infos[from].duplicated = true;
    fd_infos[to] = fd_infos[from];
    fd_infos[to].stream = (struct fd_stream){0};
}

/* Another descriptor of the same connection; -1: none. */
static int duplicate_of(int fd)
{
    for (int i = 0; fd_infos[fd].duplicated && i < fds_end(); i++)
        if (i != fd && fd_tracked(i) && !is_candidate(i) &&
            fd_infos[i].cookie == fd_infos[fd].cookie)
            return i;
    return -1;
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
    uint64_t cookie = fd_infos[fd].cookie;
    int other = duplicate_of(fd);
    bool last = other < 0 && fd_classes[fd] != FD_LISTENER;
    if (last)
        unseen_at_end(fd);
    else if (other >= 0 && fd_infos[fd].direction == REC_RECV)
        fd_infos[other].receiver = fd_infos[fd].receiver;
    fd_classes[fd] = FD_UNTRACKED;
    if (last)
        record_close(cookie);
}

void fd_forget_range(unsigned first, unsigned last)
{
    if (!fd_infos || recorder_is_borrowed())
        return;
    for (unsigned fd = first; fd <= last && fd < FDS_MAX; fd++)
        if (fd_tracked((int)fd))
            fd_forget((int)fd);
}

/* ---- what a number is now ---- */

void fd_distrust(void)
{
    atomic_store_explicit(&distrusted, true, memory_order_relaxed);
}

void fd_replaced(int fd)
{
    fd_distrust();
    fd_forget(fd);
}

bool fd_is_still(int fd)
{
    if (likely(!atomic_load_explicit(&distrusted, memory_order_relaxed)) || !fd_recorded(fd) ||
        fd_ask_cookie(fd) == fd_infos[fd].cookie)
        return true;
    fd_forget(fd);
    return false;
}
