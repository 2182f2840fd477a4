#include "snapshot.h"

#include <string.h>

#include "caller.h"
#include "candidates.h"
#include "fd_info.h"
#include "recorder.h"
#include "run_cut.h"

/* A copy being made. */
struct taking {
    struct snapshot *snapshot;
    struct caller caller;
    const struct iovec *iov;
    int count;
};

static char *bytes_of(const struct snapshot *s)
{
    return s->hold.scratch->bytes;
}

/* Appends bytes from an offset on; returns how many. */
static size_t append(struct taking *t, uint64_t from, size_t n)
{
    struct snapshot *s = t->snapshot;
    size_t used = s->head + s->tail, room = SCRATCH_BYTES - used;
    return caller_gather(
        &t->caller, bytes_of(s) + used, t->iov, t->count, from, n < room ? n : room);
}

/* Frame by frame, leaving out what http2.h leaves out. */
static void take_frames(struct taking *t, struct http2_walk walk)
{
    struct snapshot *s = t->snapshot;
    uint64_t at = 0, lead = s->lead;
    bool kept;
    s->head = 0;
    while (at < s->total) {
        uint64_t rest = s->total - at;
        if (!lead && walk.left && !walk.kept) {
            uint64_t skipped = walk.left < rest ? walk.left : rest;
            http2_walk_unseen(&walk, skipped);
            at += skipped;
            continue;
        }
        uint64_t n = lead        ? lead
                     : walk.left ? walk.left
                                 : (uint64_t)(HTTP2_FRAME_HEADER - walk.header_len);
        size_t copied = append(t, at, n < rest ? (size_t)n : (size_t)rest);
        if (!copied)
            return;
        if (lead)
            lead -= copied;
        else
            http2_walk(&walk, (const uint8_t *)bytes_of(s) + s->head, copied, &kept);
        s->head += (uint32_t)copied;
        at += copied;
    }
}

/* More of it where the answer stands behind what a FastCGI service says to standard error. */
static void take_head(struct taking *t, const struct fd_info *info, size_t keep)
{
    struct snapshot *s = t->snapshot;
    s->head = (uint32_t)append(t, 0, keep < s->total ? keep : (size_t)s->total);
    if (!info->gateway || s->head < keep || !run_errors_begin(bytes_of(s), s->head))
        return;
    size_t most = s->total < KEEP_RECORD ? (size_t)s->total : KEEP_RECORD;
    if (most > s->head)
        s->head += (uint32_t)append(t, s->head, most - s->head);
}

static void take_ends(struct taking *t, const struct fd_info *info, size_t keep)
{
    struct snapshot *s = t->snapshot;
    take_head(t, info, keep);
    uint64_t behind = s->total - s->head;
    size_t tail = behind < RUN_TAIL_MAX ? (size_t)behind : RUN_TAIL_MAX;
    if (s->head >= keep && tail && append(t, s->total - tail, tail) == tail)
        s->tail = (uint32_t)tail;
}

/* Of what is ciphered only its ClientHello is of use, and whether the answer to it is. */
static size_t wanted(int fd, const struct fd_info *info, uint64_t total, bool plain)
{
    if (info->tls && !plain && (info->tls_answered || fd_classes[fd] != FD_SERVER))
        return tls_hello_complete(&info->hello) ? 0 : TLS_HELLO_BYTES;
    return fd_keeps(fd, info, REC_SEND, total);
}

/* What a candidate sends first: not more than PostgreSQL's first message. */
static void take_candidate(struct taking *t, int fd)
{
    struct snapshot *s = t->snapshot;
    s->head = (uint32_t)append(t, 0, FIRST_BYTES);
    if (s->head < FIRST_BYTES || candidate_begins(fd, bytes_of(s), s->head) != BEGINS_POSTGRES)
        return;
    uint64_t rest = s->total - FIRST_BYTES;
    s->head += (uint32_t)append(t, FIRST_BYTES, rest < KEEP_REQUEST ? (size_t)rest : KEEP_REQUEST);
}

static void take_connection(struct taking *t, int fd, bool plain)
{
    struct snapshot *s = t->snapshot;
    const struct fd_info *info = fd_info(fd);
    size_t keep = wanted(fd, info, s->total, plain);
    if (!keep)
        return;
    if (!info->frames.sends || (info->tls && !plain))
        take_ends(t, info, keep);
    if ((!info->tls || plain) &&
        frames_are_sent(&info->frames, bytes_of(s), s->head, s->total, &s->lead)) {
        s->frames = true;
        s->tail = 0;
        take_frames(t, info->frames.sent);
    }
}

void snapshot_begin(struct snapshot *s)
{
    *s = (struct snapshot){.hold = scratch_take()};
}

/* Nothing is mapped for programs that connect to others alone, unless they speak to a database. */
static bool has_room(struct snapshot *s, const struct iovec *iov, size_t count)
{
    if (unlikely(!s->hold.scratch) && s->iovs >= 0 && count &&
        vector_begins(iov, count) != BEGINS_OTHER) {
        scratch_prepare();
        s->hold = scratch_take();
    }
    if (!s->hold.scratch)
        s->iovs = -1;
    return s->iovs >= 0;
}

void snapshot_add(struct snapshot *s, const struct iovec *iov, size_t count)
{
    struct caller caller = {0};
    if (!has_room(s, iov, count))
        return;
    struct iovec *out = s->hold.scratch->iov + s->iovs;
    if (count > (size_t)(SCRATCH_IOVS - s->iovs) ||
        caller_copy(&caller, out, iov, count * sizeof *iov) != count * sizeof *iov) {
        s->iovs = -1;
        return;
    }
    s->iovs += (int)count;
    for (size_t i = 0; i < count; i++)
        s->total += out[i].iov_len;
}

void snapshot_end(struct snapshot *s, int fd, bool plain)
{
    if (s->iovs <= 0 || !s->total)
        return;
    struct taking t = {.snapshot = s, .iov = s->hold.scratch->iov, .count = s->iovs};
    if (fd_classes[fd] == FD_CANDIDATE)
        take_candidate(&t, fd);
    else if (fd_recorded(fd))
        take_connection(&t, fd, plain);
}

void snapshot_take_flat(struct snapshot *s, int fd, const void *bytes, size_t n, bool plain)
{
    const struct iovec iov = {(void *)(uintptr_t)bytes, n};
    snapshot_begin(s);
    if (!has_room(s, &iov, 1))
        return;
    s->hold.scratch->iov[0] = iov;
    s->iovs = 1;
    s->total = n;
    snapshot_end(s, fd, plain);
}

void snapshot_take(struct snapshot *s, int fd, const struct iovec *iov, int count, bool plain)
{
    snapshot_begin(s);
    snapshot_add(s, iov, count < 0 ? 0 : (size_t)count);
    snapshot_end(s, fd, plain);
}

const char *snapshot_first(const struct snapshot *s, size_t n)
{
    return s->head >= n && scratch_held(&s->hold) ? bytes_of(s) : NULL;
}

bool snapshot_copy(const struct snapshot *s, char *out, uint64_t from, size_t n)
{
    uint64_t tail_at = s->total - s->tail;
    if (!scratch_held(&s->hold))
        return false;
    if (from + n <= s->head)
        memcpy(out, bytes_of(s) + from, n);
    else if (from >= tail_at && from + n <= s->total)
        memcpy(out, bytes_of(s) + s->head + (from - tail_at), n);
    else
        return false;
    return true;
}

void snapshot_drop(struct snapshot *s)
{
    scratch_give(&s->hold);
}
