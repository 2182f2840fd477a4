/* Heads of HTTP/1 messages (RFC 9112): collecting one from pieces, and reading it. */
#ifndef APMSHIM_HTTP1_HEAD_H
#define APMSHIM_HTTP1_HEAD_H

#include "base/buf.h"
#include "protocol/http1_start.h"

enum { HTTP1_HEAD_BYTES_MAX = 64 * 1024, HTTP1_HEADERS_MAX = 128 };

/* What a head begins with. */
enum http1_first {
    HTTP1_FIRST_NONE, /* it is not complete */
    HTTP1_FIRST_LINE, /* a valid start line */
    HTTP1_FIRST_ODD,  /* no request's line, but with headers behind it and an end, as if it were */
    HTTP1_FIRST_ANY,  /* no request's: only an answer shows that it was one, with all behind it */
};

/* A head being collected. All-zero is empty. */
struct http1_head {
    struct buf bytes;
    size_t line; /* offset of the line being collected */
    enum http1_first first;
};

/* How it is known that a message begins here. */
enum http1_trust {
    HTTP1_TRIED,
    HTTP1_SURE,       /* by what was before it, or as nothing was: any line may be a request's */
    HTTP1_UNDERSTOOD, /* and it is HTTP that is spoken */
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
    struct http1_start start;
    struct http1_framing framing;
    bool expects_continue;
    size_t header_count; /* those beyond HTTP1_HEADERS_MAX count for the framing only */
    struct header_view headers[HTTP1_HEADERS_MAX];
};

/* Takes from *in what belongs to the head, at least one byte. */
enum http1_head_result http1_head_take(
    struct http1_head *head, enum direction direction, enum http1_trust trust, struct bytes *in);
/* Whether it can be read: there is a start line, or what may be one. */
bool http1_head_is_readable(
    const struct http1_head *head, enum direction direction, enum http1_trust trust);
/* Nothing has come behind it, as far as is known. */
bool http1_head_is_whole(const struct http1_head *head);
/* Reads what has been collected, which may be less than the whole; it must be readable. May change
 * the bytes of the head: folded lines are joined. */
void http1_head_read(
    struct http1_head *head, enum direction direction, struct http1_fields *ret_fields);
void http1_head_free(struct http1_head *head);

/* Whether the comma-separated list has the word, in any case. */
bool http1_list_has(struct bytes list, struct bytes word);

#endif
