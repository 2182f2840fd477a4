/* Which bytes of an HTTP/2 connection are recorded (RFC 9113, sections 3.4 and 4.1): all but the
 * payloads of frames that tell nothing of requests. Header blocks must come whole, since each
 * depends on those before it (RFC 7541); bodies need only be counted. The recorder leaves the
 * payloads out and the forwarder knows by the same rule where. */
#ifndef APMSHIM_WIRE_HTTP2_H
#define APMSHIM_WIRE_HTTP2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP2_FRAME_HEADER = 9, HTTP2_PREFACE_SIZE = 24 };

#define HTTP2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

enum http2_frame {
    HTTP2_DATA,
    HTTP2_HEADERS,
    HTTP2_PRIORITY,
    HTTP2_RST_STREAM,
    HTTP2_SETTINGS,
    HTTP2_PUSH_PROMISE,
    HTTP2_PING,
    HTTP2_GOAWAY,
    HTTP2_WINDOW_UPDATE,
    HTTP2_CONTINUATION,
};

static inline bool http2_keeps_payload(uint8_t type)
{
    return type == HTTP2_HEADERS || type == HTTP2_CONTINUATION || type == HTTP2_PUSH_PROMISE ||
           type == HTTP2_SETTINGS || type == HTTP2_RST_STREAM;
}

/* Where one direction is among its frames. All-zero: before a frame. */
struct http2_walk {
    uint32_t left; /* of the payload under way */
    uint8_t header[HTTP2_FRAME_HEADER];
    uint8_t header_len; /* of the frame header under way; whole while in a payload */
    bool kept;          /* that payload */
};

static inline uint32_t http2_frame_length(const uint8_t header[HTTP2_FRAME_HEADER])
{
    return (uint32_t)header[0] << 16 | (uint32_t)header[1] << 8 | header[2];
}

/* Takes the first of the next n > 0 bytes, as many as are alike: recorded, or left out. Returns
 * their number, at least 1. */
static inline size_t http2_walk(
    struct http2_walk *walk, const uint8_t *bytes, size_t n, bool *ret_kept)
{
    size_t taken = 0;
    if (walk->left) {
        taken = n < walk->left ? n : walk->left;
        walk->left -= (uint32_t)taken;
        *ret_kept = walk->kept;
    } else {
        while (taken < n && walk->header_len < HTTP2_FRAME_HEADER)
            walk->header[walk->header_len++] = bytes[taken++];
        *ret_kept = true;
        if (walk->header_len < HTTP2_FRAME_HEADER)
            return taken;
        walk->left = http2_frame_length(walk->header);
        walk->kept = http2_keeps_payload(walk->header[3]);
    }
    if (!walk->left)
        walk->header_len = 0;
    return taken;
}

/* The same for bytes that are not at hand; false if they are not all in one payload left out. */
static inline bool http2_walk_unseen(struct http2_walk *walk, uint64_t n)
{
    if (n > walk->left || (walk->kept && n))
        return false;
    walk->left -= (uint32_t)n;
    if (!walk->left)
        walk->header_len = 0;
    return true;
}

#endif
