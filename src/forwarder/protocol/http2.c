/* HTTP/2 (RFC 9113) from the frames that the recorder keeps.
 *
 * Each direction is a sequence of frames; payloads that were left out (wire/http2.h) are counted,
 * so that the last byte of a body is known when it passes. Header blocks depend on all that came
 * before: where bytes were lost, or do not fit together, nothing behind them can be read, and the
 * conversation is given up. */
#include "protocol/http2.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "protocol/http2_fields.h"
#include "wire/http2.h"

enum { STREAMS_MAX = 4096, PAYLOAD_MAX = 1 << 20, TABLE_MAX = 1 << 20 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8, HAS_PRIORITY = 32 };
enum { SETTING_HEADER_TABLE_SIZE = 1, TABLE_DEFAULT = 4096, ERROR_CANCEL = 8 };

/* One that is not over. */
struct stream {
    uint32_t id;
    uint64_t reported;         /* as this stream */
    bool requested, responded; /* the request is whole; the response has begun */
    UT_hash_handle hh;
};

/* The frames of one direction. */
struct flow {
    struct http2_walk walk;
    struct buf payload; /* of the frame under way, if it is kept */
    struct buf block;   /* header block under way */
    bool in_block;
    uint32_t block_id;
    uint8_t block_type, block_flags;
    nghttp2_hd_inflater *inflater;
    uint32_t table_size;
};

struct http2 {
    struct flow flows[2]; /* by direction */
    struct stream *streams;
    uint32_t newest;   /* id requested */
    uint64_t reported; /* streams, so far */
    uint8_t preface;   /* bytes of it that have passed */
};

/* One run's way through the parser. */
struct reading {
    struct http2 *http2;
    struct flow *flow;
    enum direction direction;
    const struct protocol_listener *listener;
};

/* ---- streams ---- */

static struct stream *find(struct http2 *http2, uint32_t id)
{
    struct stream *s;
    HASH_FIND_INT(http2->streams, &id, s);
    return s;
}

static struct stream *add(struct http2 *http2, uint32_t id)
{
    struct stream *s = xcalloc(1, sizeof *s);
    s->id = id;
    s->reported = ++http2->reported;
    HASH_ADD_INT(http2->streams, id, s);
    return s;
}

static void drop(struct http2 *http2, struct stream *s)
{
    HASH_DEL(http2->streams, s);
    free(s);
}

static void end_stream(
    struct http2 *http2, const struct protocol_listener *listener, struct stream *s, bool complete)
{
    uint64_t stream = s->reported;
    complete = complete && s->responded;
    drop(http2, s);
    listener->response_end(listener->self, stream, complete);
}

static void end_all(struct http2 *http2, const struct protocol_listener *listener)
{
    while (http2->streams)
        end_stream(http2, listener, http2->streams, false);
}

/* The last byte of this direction has passed. */
static void end_direction(const struct reading *r, uint32_t id)
{
    struct stream *s = find(r->http2, id);
    if (!s)
        return;
    if (r->direction == TO_SERVER && !s->requested) {
        s->requested = true;
        r->listener->request_end(r->listener->self, s->reported);
    } else if (r->direction == TO_CLIENT)
        end_stream(r->http2, r->listener, s, true);
}

static bool request(const struct reading *r, uint32_t id, const struct http2_fields *fields)
{
    struct http2 *http2 = r->http2;
    if (id % 2 == 0 || id <= http2->newest)
        return true; /* of a stream that is over */
    http2->newest = id;
    struct bytes target = fields->path.len ? fields->path : fields->authority;
    if (!fields->method.len || !target.len)
        return true; /* malformed (section 8.1.1): refused by whoever got it */
    if (HASH_COUNT(http2->streams) == STREAMS_MAX)
        return false;
    struct request_info info = {
        .stream = add(http2, id)->reported,
        .method = fields->method,
        .target = target,
        .version = BYTES("2"),
        .scheme = fields->scheme,
        .authority = fields->authority,
        .headers = fields->items,
        .header_count = fields->count,
    };
    r->listener->request(r->listener->self, &info);
    return true;
}

static void response(const struct reading *r, struct stream *s, const struct http2_fields *fields)
{
    struct response_info info = {
        .stream = s->reported,
        .status = fields->status,
        .headers = fields->items,
        .header_count = fields->count,
    };
    if (s->responded && !fields->status)
        r->listener->trailers(r->listener->self, &info);
    else if (!s->responded && fields->status >= 200) {
        s->responded = true;
        r->listener->response(r->listener->self, &info);
    }
}

/* ---- frames ---- */

static uint32_t number(const char *bytes)
{
    const uint8_t *b = (const uint8_t *)bytes;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool end_block(const struct reading *r)
{
    struct flow *flow = r->flow;
    struct http2_fields fields;
    struct arena arena = {0};
    struct bytes block = {flow->block.data, flow->block.len};
    bool readable = http2_fields_read(flow->inflater, block, &arena, &fields);
    flow->in_block = false;
    if (readable && flow->block_type == HTTP2_HEADERS) {
        struct stream *s = find(r->http2, flow->block_id);
        if (r->direction == TO_CLIENT && s)
            response(r, s, &fields);
        else if (r->direction == TO_SERVER && !s)
            readable = request(r, flow->block_id, &fields);
        if (readable && flow->block_flags & END_STREAM)
            end_direction(r, flow->block_id);
    }
    arena_free(&arena);
    buf_clear(&flow->block);
    return readable;
}

static bool add_to_block(const struct reading *r, struct bytes fragment, uint8_t flags)
{
    struct flow *flow = r->flow;
    if (flow->block.len + fragment.len > PAYLOAD_MAX)
        return false;
    buf_add(&flow->block, fragment.data, fragment.len);
    return !(flags & END_HEADERS) || end_block(r);
}

/* HEADERS and PUSH_PROMISE (sections 6.2 and 6.6). */
static bool begin_block(const struct reading *r, uint32_t id, uint8_t type, uint8_t flags)
{
    struct flow *flow = r->flow;
    struct bytes fragment = {flow->payload.data, flow->payload.len};
    size_t padding = 0, before = type == HTTP2_PUSH_PROMISE ? 4 : flags & HAS_PRIORITY ? 5 : 0;
    if (flags & PADDED) {
        if (!fragment.len)
            return false;
        padding = (uint8_t)fragment.data[0];
        before++;
    }
    if (before + padding > fragment.len)
        return false;
    fragment = bytes_skip(fragment, before);
    fragment.len -= padding;
    flow->in_block = true;
    flow->block_id = id;
    flow->block_type = type;
    flow->block_flags = flags;
    return add_to_block(r, fragment, flags);
}

/* A smaller table is announced by its encoder too, in time with its blocks; a larger one is allowed
 * from here on (RFC 7541, section 4.2). */
static bool settings(const struct reading *r, uint8_t flags)
{
    struct flow *other = &r->http2->flows[!r->direction];
    struct bytes payload = {r->flow->payload.data, r->flow->payload.len};
    for (; !(flags & ACK) && payload.len >= 6; payload = bytes_skip(payload, 6)) {
        uint32_t value = number(payload.data + 2);
        if (payload.data[0] || payload.data[1] != SETTING_HEADER_TABLE_SIZE ||
            value <= other->table_size)
            continue;
        other->table_size = value < TABLE_MAX ? value : TABLE_MAX;
        if (nghttp2_hd_inflate_change_table_size(other->inflater, other->table_size) != 0)
            return false;
    }
    return true;
}

static void reset(const struct reading *r, uint32_t id)
{
    struct stream *s = find(r->http2, id);
    if (!s)
        return;
    if (r->direction == TO_SERVER)
        r->listener->withdrawn(r->listener->self, s->reported);
    end_stream(r->http2, r->listener, s, false);
}

static bool end_frame(const struct reading *r)
{
    const uint8_t *header = r->flow->walk.header;
    uint8_t type = header[3], flags = header[4];
    uint32_t id = number((const char *)header + 5) & 0x7fffffff;
    if (r->flow->in_block != (type == HTTP2_CONTINUATION))
        return false;
    switch (type) {
    case HTTP2_DATA:
        if (flags & END_STREAM)
            end_direction(r, id);
        return true;
    case HTTP2_HEADERS:
    case HTTP2_PUSH_PROMISE:
        return begin_block(r, id, type, flags);
    case HTTP2_CONTINUATION:
        return id == r->flow->block_id &&
               add_to_block(r, (struct bytes){r->flow->payload.data, r->flow->payload.len}, flags);
    case HTTP2_SETTINGS:
        return settings(r, flags);
    case HTTP2_RST_STREAM:
        reset(r, id);
        return true;
    default:
        return true;
    }
}

/* ---- bytes ---- */

/* A frame's header, or some of its payload. */
static bool take_kept(const struct reading *r, struct bytes *in)
{
    struct flow *flow = r->flow;
    bool in_payload = flow->walk.left, kept;
    size_t n = http2_walk(&flow->walk, (const uint8_t *)in->data, in->len, &kept);
    if (in_payload)
        buf_add(&flow->payload, in->data, n);
    else
        buf_clear(&flow->payload);
    *in = bytes_skip(*in, n);
    if (flow->walk.kept && flow->walk.left > PAYLOAD_MAX)
        return false;
    bool in_header = flow->walk.header_len && flow->walk.header_len < HTTP2_FRAME_HEADER;
    return flow->walk.left || in_header || end_frame(r);
}

static bool take(const struct reading *r, struct bytes in, uint64_t left_out)
{
    struct http2_walk *walk = &r->flow->walk;
    while (in.len || left_out) {
        bool kept = !walk->left || walk->kept;
        if (kept ? !in.len : !left_out)
            return false;
        if (kept) {
            if (!take_kept(r, &in))
                return false;
            continue;
        }
        uint64_t n = walk->left < left_out ? walk->left : left_out;
        left_out -= n;
        if (!http2_walk_unseen(walk, n) || (!walk->left && !end_frame(r)))
            return false;
    }
    return true;
}

static bool begin(struct http2 *http2)
{
    for (int d = TO_SERVER; d <= TO_CLIENT; d++) {
        struct flow *flow = &http2->flows[d];
        if (!flow->inflater && nghttp2_hd_inflate_new(&flow->inflater) != 0)
            return false;
        if (!flow->table_size)
            flow->table_size = TABLE_DEFAULT;
    }
    return true;
}

static bool feed(void *state, enum direction direction, const struct run *run,
    const struct protocol_listener *listener)
{
    struct http2 *http2 = state;
    struct reading r = {http2, &http2->flows[direction], direction, listener};
    struct bytes in = run->head;
    bool readable = begin(http2) && run->frames && !run->gap && run->head.len <= run->total;
    uint64_t left_out = run->total - run->head.len;
    if (direction == TO_SERVER && http2->preface < HTTP2_PREFACE_SIZE) {
        size_t rest = HTTP2_PREFACE_SIZE - (size_t)http2->preface;
        size_t n = in.len < rest ? in.len : rest;
        http2->preface = (uint8_t)(http2->preface + n);
        in = bytes_skip(in, n);
    }
    if (readable && take(&r, in, left_out))
        return true;
    listener->lost(listener->self);
    end_all(http2, listener);
    return false;
}

static void finish(void *state, const struct protocol_listener *listener)
{
    end_all(state, listener);
}

static void release(void *state)
{
    struct http2 *http2 = state;
    while (http2->streams)
        drop(http2, http2->streams);
    for (int d = TO_SERVER; d <= TO_CLIENT; d++) {
        buf_free(&http2->flows[d].payload);
        buf_free(&http2->flows[d].block);
        if (http2->flows[d].inflater)
            nghttp2_hd_inflate_del(http2->flows[d].inflater);
    }
}

/* The client's preface, or the settings that a server begins with. */
static enum sniff sniff(enum direction direction, struct bytes head)
{
    static const char no_stream[4];
    if (direction == TO_SERVER) {
        size_t n = head.len < HTTP2_PREFACE_SIZE ? head.len : HTTP2_PREFACE_SIZE;
        if (n && memcmp(head.data, HTTP2_PREFACE, n) != 0)
            return SNIFF_NO;
        return n == HTTP2_PREFACE_SIZE ? SNIFF_YES : SNIFF_MORE;
    }
    if (head.len < HTTP2_FRAME_HEADER)
        return !head.len || !head.data[0] ? SNIFF_MORE : SNIFF_NO;
    return !head.data[0] && head.data[3] == HTTP2_SETTINGS &&
                   memcmp(head.data + 5, no_stream, sizeof no_stream) == 0
               ? SNIFF_YES
               : SNIFF_NO;
}

void http2_upgraded(void *state, uint64_t stream)
{
    struct http2 *http2 = state;
    http2->reported = stream - 1;
    http2->newest = 1;
    add(http2, 1)->requested = true;
}

const struct protocol http2_protocol = {
    .name = "http2",
    .state_size = sizeof(struct http2),
    .sniff = sniff,
    .feed = feed,
    .finish = finish,
    .release = release,
};
