#include "runs.h"

#include <string.h>

#include "fd_info.h"
#include "interpreter.h"
#include "recorder.h"
#include "run_cut.h"
#include "stack.h"
#include "unseen.h"

_Static_assert(KEEP_RECORD + RUN_TAIL_MAX + sizeof(struct rec_run) <= RECORD_SIZE_MAX,
    "what is kept of a piece fits a record");
_Static_assert(KEEP_RECORD + RUN_TAIL_MAX <= SCRATCH_BYTES, "and the memory before");
_Static_assert(KEEP_GATEWAY <= KEEP_RECORD * RUN_PIECES_MAX, "and that of all pieces the records");
enum { RUN_KEPT_MAX = RECORD_SIZE_MAX - sizeof(struct rec_run) };

/* On the way that most calls go, and on another. */
#define COMMON static inline __attribute__((always_inline))

/* ---- the bytes ---- */

static bool at_hand(const struct passed *p)
{
    return p->count || (p->kept && p->kept->head);
}

/* How many of the first bytes there are. */
static uint64_t first_bytes(const struct passed *p)
{
    if (p->count)
        return p->total;
    return !p->kept ? 0 : p->kept->head < p->total ? p->kept->head : p->total;
}

/* Of a call that sent less than it was to, the last bytes were not kept. */
COMMON bool has_last_bytes(const struct passed *p)
{
    return p->count || first_bytes(p) == p->total ||
           (p->kept && p->kept->tail && p->total == p->kept->total);
}

static bool copy_bytes(const struct passed *p, char *out, uint64_t from, size_t n)
{
    if (!p->count)
        return snapshot_copy(p->kept, out, from, n);
    iovec_copy(out, p->iov, p->count, from, n);
    return true;
}

/* ---- one run ---- */

/* Of the bytes from there on. */
COMMON size_t keep_bytes(int fd, struct fd_info *info, const struct passed *p, uint64_t from)
{
    uint64_t there = first_bytes(p);
    there = there > from ? there - from : 0;
    size_t keep = fd_keeps(fd, info, p->type, p->total - from);
    if (info->direction != p->type) {
        bool request = p->type == (fd_classes[fd] == FD_CLIENT ? REC_SEND : REC_RECV);
        info->direction = (uint8_t)p->type;
        info->left = fd_keeps_of_turn(info, request);
    }
    info->left -= keep < info->left ? (uint16_t)keep : info->left;
    return keep < there ? keep : (size_t)there;
}

/* By the first byte: FastCGI's version, uwsgi's modifier, SCGI's length. */
static void look_for_gateway(int fd, struct fd_info *info, const struct passed *p)
{
    char first;
    if (fd_classes[fd] == FD_SERVER && first_bytes(p) && copy_bytes(p, &first, 0, 1))
        info->gateway = first == 0 || first == 1 || (first >= '0' && first <= '9');
}

/* What the service says to FastCGI's standard error takes nothing from what is kept of its answer.
 */
static int cut_errors(const struct passed *p, struct run_piece pieces[RUN_PIECES_MAX])
{
    const char *bytes = p->kept ? snapshot_first(p->kept, p->kept->head) : NULL;
    uint64_t at_hand = first_bytes(p);
    if (p->type != REC_SEND || p->count || !bytes || !run_errors_begin(bytes, (size_t)at_hand))
        return 0;
    struct run_errors errors = run_errors_find(bytes, (size_t)at_hand);
    if (errors.total > p->total)
        errors.total = p->total;
    return run_errors_cut(&errors, at_hand, pieces);
}

/* All from there on. */
COMMON struct run_piece ends(int fd, struct fd_info *info, const struct passed *p, uint64_t from)
{
    bool there = at_hand(p), last = there && has_last_bytes(p);
    struct run_piece piece = {.from = from, .total = p->total - from};
    piece.head = there ? keep_bytes(fd, info, p, from) : 0;
    uint64_t behind = last ? piece.total - piece.head : 0;
    piece.tail = behind < RUN_TAIL_MAX ? (size_t)behind : RUN_TAIL_MAX;
    return piece;
}

/* What gateways and their services say. */
static int cut(
    int fd, struct fd_info *info, const struct passed *p, struct run_piece pieces[RUN_PIECES_MAX])
{
    int n = cut_errors(p, pieces);
    uint64_t from = n ? pieces[n - 1].from + pieces[n - 1].total : 0;
    if (!n)
        return run_cut(ends(fd, info, p, 0), KEEP_RECORD, pieces);
    if (from < p->total)
        pieces[n++] = ends(fd, info, p, from);
    return n;
}

/* A run's record with room for what is kept; NULL: it is lost. */
static struct rec_run *begin_run(
    struct fd_info *info, const struct passed *p, size_t kept, uint64_t total, unsigned flags)
{
    bool *gap = &info->gap[p->type == REC_SEND];
    struct rec_run *r = recorder_begin(p->type, sizeof *r + kept, p->time);
    if (!r) {
        *gap = true;
        frames_lose(&info->frames, p->type);
        return NULL;
    }
    bool back = info->gap[p->type != REC_SEND];
    r->head.flags = (uint16_t)(flags | (*gap ? RUN_GAP : 0) | (back ? RUN_GAP_BACK : 0));
    r->cookie = info->cookie;
    r->total = total;
    r->elapsed = p->elapsed;
    r->task = total ? interpreter_task() : 0;
    r->head_len = (uint32_t)kept;
    r->tail_len = 0;
    *gap = false;
    return r;
}

static void record_frames(
    struct fd_info *info, const struct passed *p, struct frames_cut *cut, unsigned flags)
{
    info->direction = (uint8_t)p->type;
    while (cut->left) {
        struct frames_cut ahead = *cut;
        uint64_t taken;
        size_t kept = frames_take(&ahead, NULL, RUN_KEPT_MAX, &taken);
        struct rec_run *r = begin_run(info, p, kept, taken, flags | RUN_FRAMES);
        if (!r)
            return;
        frames_take(cut, (char *)(r + 1), kept, &taken);
        recorder_commit(r);
    }
    if (cut->lost) {
        info->gap[p->type == REC_SEND] = true;
        frames_lose(&info->frames, p->type);
    } else {
        frames_end(&info->frames, p->type, cut);
    }
}

/* The one state of a connection, whichever descriptor is used. */
static struct pg_session *pg_session(int fd)
{
    return &fd_infos[fd_info(fd)->home].postgres;
}

/* One's own connections are those to PostgreSQL. */
static void hide_postgres(int fd, struct rec_run *r)
{
    struct ring *ring = recorder_ring();
    char *bytes = (char *)(r + 1);
    const struct pg_kept kept = {
        .statements = atomic_load_explicit(&ring->sql_limit, memory_order_relaxed),
        .detail =
            atomic_load_explicit(&ring->pg_capture, memory_order_relaxed) & PG_CAPTURE_DETAIL};
    const struct pg_copied copied = {.head = bytes,
        .head_len = r->head_len,
        .tail = bytes + r->head_len,
        .tail_len = r->tail_len,
        .gap = r->total - r->head_len - r->tail_len};
    pg_hide(pg_session(fd), r->head.type == REC_RECV, &copied, &kept);
}

COMMON void hide_headers(int fd, struct rec_run *r)
{
    struct header_side *side = &fd_infos[fd_info(fd)->home].headers[r->head.type == REC_SEND];
    char *bytes = (char *)(r + 1);
    if (likely(!atomic_load_explicit(&recorder_ring()->header_less, memory_order_relaxed)))
        return;
    header_hide(side, bytes, r->head_len);
    if (r->total > r->head_len + r->tail_len)
        header_hide_gap(side, r->total - r->head_len - r->tail_len);
    header_hide(side, bytes + r->head_len, r->tail_len);
}

COMMON void record_piece(
    int fd, const struct passed *p, const struct run_piece *piece, unsigned flags)
{
    struct rec_run *r = begin_run(fd_info(fd), p, piece->head + piece->tail, piece->total, flags);
    bool postgres = fd_classes[fd] == FD_CLIENT;
    if (!r && postgres && p->total)
        pg_hide_lost(pg_session(fd), p->type == REC_RECV);
    if (!r)
        return;
    char *out = (char *)(r + 1);
    uint64_t tail_at = piece->from + piece->total - piece->tail;
    bool whole = (!piece->head || copy_bytes(p, out, piece->from, piece->head)) &&
                 (!piece->tail || copy_bytes(p, out + piece->head, tail_at, piece->tail));
    r->head_len = whole ? (uint32_t)piece->head : 0;
    r->tail_len = whole ? (uint32_t)piece->tail : 0;
    if (postgres)
        hide_postgres(fd, r);
    else
        hide_headers(fd, r);
    recorder_commit(r);
}

static void __attribute__((noinline)) record_pieces(int fd, const struct passed *p, unsigned flags)
{
    struct run_piece pieces[RUN_PIECES_MAX];
    int n = cut(fd, fd_info(fd), p, pieces);
    for (int i = 0; i < n; i++)
        record_piece(fd, p, &pieces[i], flags);
}

static void record_ends(int fd, const struct passed *p, unsigned flags)
{
    struct fd_info *info = fd_info(fd);
    if (unlikely(!info->direction) && p->type == REC_RECV)
        look_for_gateway(fd, info, p);
    if (unlikely(info->gateway)) {
        record_pieces(fd, p, flags);
        return;
    }
    struct run_piece all = ends(fd, info, p, 0);
    record_piece(fd, p, &all, flags);
}

/* Whose bytes these are; one's own connections carry what was asked, and somebody asked. */
static void record_origin(const struct fd_info *info, uint64_t time)
{
    uint64_t stack = stack_capture();
    struct rec_origin *r = stack ? recorder_begin(REC_ORIGIN, sizeof *r, time) : NULL;
    if (!r)
        return;
    r->cookie = info->cookie;
    r->stack_id = stack;
    recorder_commit(r);
}

/* ---- frames or not ---- */

static bool cuts_frames(
    struct fd_info *info, const struct passed *p, struct iovec *kept, struct frames_cut *cut)
{
    if (p->count)
        return frames_begin(&info->frames, p->type, p->iov, p->count, p->total, cut);
    if (!p->kept->frames) {
        frames_pass_others(&info->frames);
        return false;
    }
    const char *bytes = snapshot_first(p->kept, p->kept->head);
    *kept = (struct iovec){(char *)(uintptr_t)bytes, bytes ? p->kept->head : 0};
    frames_begin_kept(&info->frames, kept, p->total, p->kept->lead, cut);
    return true;
}

static void record_bytes(int fd, const struct passed *p, unsigned flags)
{
    struct guard guard;
    struct fd_info *info = fd_info(fd);
    struct frames_cut cut;
    struct iovec kept;
    if (!recorder_enter(&guard)) {
        info->gap[p->type == REC_SEND] = true;
        frames_lose(&info->frames, p->type);
        if (fd_classes[fd] == FD_CLIENT && p->total)
            pg_hide_lost(pg_session(fd), p->type == REC_RECV);
        return;
    }
    if (p->type == REC_SEND && p->total && fd_classes[fd] == FD_CLIENT)
        record_origin(info, p->time);
    bool there = at_hand(p);
    if (p->total && !there && frames_pass_unseen(&info->frames, p->total))
        flags |= RUN_FRAMES;
    if (p->total && there && cuts_frames(info, p, &kept, &cut))
        record_frames(info, p, &cut, flags);
    else
        record_ends(fd, p, flags);
    recorder_leave(&guard);
}

/* ---- TLS ---- */

/* A connection begins to be one by its first bytes, or within a call of a TLS library behind bytes
 * in the clear (STARTTLS, the PROXY protocol); PostgreSQL's clients ask for it first. */
static bool may_begin_tls(int fd, const struct passed *p)
{
    bool asked =
        fd_classes[fd] == FD_CLIENT && p->type == REC_SEND && !pg_in_session(pg_session(fd));
    return at_hand(p) && p->total && (asked || !fd_info(fd)->direction || in_tls());
}

static bool begins_tls(int fd, const struct passed *p)
{
    char first[TLS_HELLO_SNIFF];
    if (!may_begin_tls(fd, p))
        return false;
    size_t len = p->total < sizeof first ? (size_t)p->total : sizeof first;
    return copy_bytes(p, first, 0, len) && tls_hello_begins(first, len);
}

static void take_hello(int fd, struct fd_info *info, const struct passed *p)
{
    char bytes[TLS_HELLO_BYTES];
    uint64_t there = first_bytes(p);
    size_t len = there < sizeof bytes ? (size_t)there : sizeof bytes;
    if (copy_bytes(p, bytes, 0, len) && tls_hello_take(&info->hello, bytes, len))
        fd_note_hello(fd, fd_classes[fd] == FD_CLIENT);
}

/* A server that speaks no TLS answers what it takes for a bad request. */
static bool refuses_tls(int fd, struct fd_info *info, const struct passed *p)
{
    char first[4];
    if (p->type != REC_SEND || !p->total || info->tls_answered)
        return false;
    info->tls_answered = info->tls;
    if (!info->tls || fd_classes[fd] != FD_SERVER || first_bytes(p) < sizeof first ||
        !copy_bytes(p, first, 0, sizeof first) || memcmp(first, "HTTP", sizeof first) != 0)
        return false;
    info->tls = info->tls_answered = false;
    return true;
}

/* Where a client's TLS is no library's that is known, when it asked and got how much is all that
 * can be told of it. */
static void record_turn(int fd, const struct passed *p)
{
    struct guard guard;
    struct fd_info *info = fd_info(fd);
    uint64_t there = first_bytes(p);
    size_t kept = there < CIPHER_BYTES_MAX ? (size_t)there : CIPHER_BYTES_MAX;
    bool *gap = &info->gap[p->type == REC_SEND], had_gap = *gap;
    if (!recorder_enter(&guard))
        return;
    if (p->type == REC_SEND)
        record_origin(info, p->time);
    struct rec_run *r = begin_run(info, p, kept, p->total, p->flags | RUN_TLS | RUN_CIPHER);
    if (r) {
        r->head_len = kept && copy_bytes(p, (char *)(r + 1), 0, kept) ? (uint32_t)kept : 0;
        recorder_commit(r);
    }
    *gap = had_gap; /* in what is in the clear */
    recorder_leave(&guard);
}

static void record_cipher(int fd, const struct passed *p)
{
    struct fd_info *info = fd_info(fd);
    if (refuses_tls(fd, info, p)) {
        record_bytes(fd, p, p->flags);
        return;
    }
    bool begins = !info->tls;
    struct passed unseen = {.type = p->type, .time = p->time};
    info->tls = true;
    if (at_hand(p) && p->total && !tls_hello_complete(&info->hello))
        take_hello(fd, info, p);
    if (begins || p->flags)
        record_bytes(fd, &unseen, p->flags | RUN_TLS);
    if (p->total && !info->plain && fd_classes[fd] == FD_CLIENT)
        record_turn(fd, p);
}

void run_record(int fd, struct passed *p)
{
    if (fd_classes[fd] == FD_CANDIDATE)
        return;
    if (unlikely(fd_info(fd)->tls || begins_tls(fd, p))) {
        record_cipher(fd, p);
        return;
    }
    if (p->type == REC_RECV && p->total && fd_classes[fd] == FD_SERVER)
        unseen_before(fd, p);
    record_bytes(fd, p, p->flags);
}

void run_record_plain(int fd, const struct passed *p)
{
    fd_info(fd)->plain = true;
    record_bytes(fd, p, p->flags | RUN_TLS);
}
