/* Heads of HTTP/1 messages (RFC 9112): collecting one from pieces, and reading it. */
#ifndef APMSHIM_HTTP1_HEAD_H
#define APMSHIM_HTTP1_HEAD_H

#include "base/buf.h"
#include "protocol/protocol.h"

enum { HTTP1_HEAD_BYTES_MAX = 64 * 1024, HTTP1_HEADERS_MAX = 128 };

/* A head being collected. All-zero is empty. */
struct http1_head {
    struct buf bytes;
    size_t line;     /* offset of the line being collected */
    bool start_line; /* it is complete, and valid */
};

enum http1_head_result {
    HTTP1_HEAD_MORE,
    HTTP1_HEAD_DONE,
    HTTP1_HEAD_TOO_LONG, /* has a start line */
    HTTP1_HEAD_BAD,      /* not the head of an HTTP/1 message */
};

/* What the headers say of the body (RFC 9112, section 6.3). */
struct http1_framing {
    bool transfer_encoding, chunked; /* chunked: as the last coding */
    bool has_length, bad_length;
    uint64_t length;
};

/* Views point into the http1_head that was read. */
struct http1_fields {
    struct bytes method, target, version; /* of a request */
    int status;                           /* of a response */
    struct http1_framing framing;
    bool expects_continue;
    size_t header_count; /* those beyond HTTP1_HEADERS_MAX count for the framing only */
    struct header_view headers[HTTP1_HEADERS_MAX];
};

/* Takes from *in what belongs to the head, at least one byte. */
enum http1_head_result http1_head_take(
    struct http1_head *head, enum direction direction, struct bytes *in);
/* Reads what has been collected, which may be less than the whole; there must be a start line. May
 * change the bytes of the head: folded lines are joined. */
void http1_head_read(
    struct http1_head *head, enum direction direction, struct http1_fields *ret_fields);
void http1_head_free(struct http1_head *head);

/* Whether these bytes begin a request or a response. */
enum sniff http1_head_sniff(enum direction direction, struct bytes bytes);

/* Whether names of fields may be so (RFC 9110, section 5.6.2). */
bool http1_is_token(struct bytes b);
/* Whether it is a method that services meet. */
bool http1_is_method(struct bytes b);

#endif
