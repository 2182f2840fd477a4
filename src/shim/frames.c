#include "frames.h"

#include <string.h>

enum { SWITCH_HEAD_MAX = 512 };

void iovec_copy(char *out, const struct iovec *iov, int count, uint64_t from, size_t n)
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

/* The preface is the first that is received, or the first behind a switch. */
static bool may_be_preface(const struct frames *frames)
{
    return !frames->has_received || frames->preface || frames->sends;
}

/* How many of these bytes belong to the preface, as far as it has come; 0: they are something else.
 */
static size_t match_preface(struct frames *frames, const char *bytes, size_t n)
{
    size_t before = frames->preface, rest = HTTP2_PREFACE_SIZE - before;
    size_t compared = n < rest ? n : rest;
    bool alike = memcmp(bytes, &HTTP2_PREFACE[before], compared) == 0;
    frames->preface = alike ? (uint8_t)(before + compared) : 0;
    return alike ? compared : 0;
}

/* A server may send its settings before it has received anything. These, at least one and zero, are
 * its first bytes. */
static bool is_settings(const char *bytes, size_t n)
{
    static const char no_stream[4];
    size_t stream = n > HTTP2_FRAME_HEADER ? HTTP2_FRAME_HEADER : n;
    return (n < 4 || bytes[3] == HTTP2_SETTINGS) &&
           (n < 6 || memcmp(bytes + 5, no_stream, stream - 5) == 0);
}

/* RFC 7540, section 3.2: the length of the response that switches to HTTP/2, or 0. */
static uint32_t switch_head(const char *head, size_t n)
{
    static const char status[] = "HTTP/1.1 101 ";
    if (n < sizeof status || memcmp(head, status, sizeof status - 1) != 0)
        return 0;
    if (n > SWITCH_HEAD_MAX)
        n = SWITCH_HEAD_MAX;
    bool h2c = false;
    for (uint32_t i = sizeof status; i + 3 < n; i++) {
        h2c |= memcmp(head + i, "h2c", 3) == 0;
        if (memcmp(head + i, "\r\n\r\n", 4) == 0)
            return h2c ? i + 4 : 0;
    }
    return 0;
}

static bool begins_received(
    struct frames *frames, const struct iovec *iov, int count, uint64_t total, uint64_t *ret_lead)
{
    char bytes[HTTP2_PREFACE_SIZE];
    if (!may_be_preface(frames))
        return false;
    size_t n = total < sizeof bytes ? (size_t)total : sizeof bytes;
    iovec_copy(bytes, iov, count, 0, n);
    *ret_lead = match_preface(frames, bytes, n);
    frames->has_received = true;
    frames->receives = frames->preface == HTTP2_PREFACE_SIZE;
    frames->sends |= frames->receives && !frames->has_sent;
    return frames->receives || (*ret_lead && frames->sends);
}

bool frames_are_sent(
    const struct frames *frames, const char *bytes, size_t n, uint64_t total, uint32_t *ret_lead)
{
    *ret_lead = 0;
    if (frames->sends)
        return true;
    if (n && !bytes[0])
        return !frames->has_sent && (!frames->has_received || frames->preface) &&
               is_settings(bytes, n);
    *ret_lead = switch_head(bytes, n < total ? n : (size_t)total);
    return *ret_lead;
}

static bool begins_sent(
    struct frames *frames, const struct iovec *iov, int count, uint64_t total, uint64_t *ret_lead)
{
    char bytes[SWITCH_HEAD_MAX] = {0};
    uint32_t lead;
    size_t n = total < sizeof bytes ? (size_t)total : sizeof bytes;
    iovec_copy(bytes, iov, count, 0, n);
    frames->sends = frames_are_sent(frames, bytes, n, total, &lead);
    frames->has_sent = true;
    *ret_lead = lead;
    return frames->sends;
}

void frames_begin_kept(struct frames *frames, const struct iovec *kept, uint64_t total,
    uint32_t lead, struct frames_cut *ret_cut)
{
    frames->has_sent = frames->sends = true;
    *ret_cut = (struct frames_cut){
        .walk = frames->sent,
        .iov = kept,
        .count = 1,
        .left = total,
        .lead = lead < total ? lead : total,
        .compact = true,
    };
}

void frames_pass_others(struct frames *frames)
{
    frames->has_sent = true;
}

void frames_exclude(struct frames *frames)
{
    frames->has_received = frames->has_sent = true;
}

bool frames_begin(struct frames *frames, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, struct frames_cut *ret_cut)
{
    bool received = type == REC_RECV;
    uint64_t lead = 0;
    if (!(received ? frames->receives : frames->sends) &&
        !(received ? begins_received(frames, iov, count, total, &lead)
                   : begins_sent(frames, iov, count, total, &lead)))
        return false;
    *ret_cut = (struct frames_cut){
        .walk = received ? frames->received : frames->sent,
        .iov = iov,
        .count = count,
        .left = total,
        .lead = lead,
    };
    return true;
}

/* The next bytes that lie together. */
static const uint8_t *next_bytes(struct frames_cut *cut, size_t *ret_len)
{
    while (cut->count && cut->offset == cut->iov->iov_len) {
        cut->iov++;
        cut->count--;
        cut->offset = 0;
    }
    if (!cut->count) /* somebody changes the service's array meanwhile */
        return NULL;
    size_t n = cut->iov->iov_len - cut->offset;
    *ret_len = n < cut->left ? n : (size_t)cut->left;
    return (const uint8_t *)cut->iov->iov_base + cut->offset;
}

size_t frames_take(struct frames_cut *cut, char *out, size_t max, uint64_t *ret_passed)
{
    size_t kept = 0, n;
    uint64_t before = cut->left;
    while (cut->left) {
        bool keep = cut->lead || !cut->walk.left || cut->walk.kept;
        size_t room = max - kept;
        if (keep && !room)
            break;
        if (!keep && cut->compact) {
            n = cut->walk.left < cut->left ? cut->walk.left : (size_t)cut->left;
            http2_walk_unseen(&cut->walk, n);
            cut->left -= n;
            continue;
        }
        const uint8_t *bytes = next_bytes(cut, &n);
        if (!bytes) {
            cut->lost = true;
            cut->left = 0;
            break;
        }
        if (keep && n > room)
            n = room;
        if (!cut->lead)
            n = http2_walk(&cut->walk, bytes, n, &keep);
        else if (n > cut->lead)
            n = (size_t)cut->lead;
        if (keep && out)
            memcpy(out + kept, bytes, n);
        kept += keep ? n : 0;
        cut->offset += n;
        cut->left -= n;
        cut->lead -= cut->lead ? n : 0;
    }
    *ret_passed = before - cut->left;
    return kept;
}

void frames_end(struct frames *frames, enum record_type type, const struct frames_cut *cut)
{
    *(type == REC_RECV ? &frames->received : &frames->sent) = cut->walk;
}

bool frames_pass_unseen(struct frames *frames, uint64_t total)
{
    frames->has_sent = true;
    return frames->sends && http2_walk_unseen(&frames->sent, total);
}

void frames_lose(struct frames *frames, enum record_type type)
{
    *(type == REC_RECV ? &frames->receives : &frames->sends) = false;
    frames->preface = 0;
}
