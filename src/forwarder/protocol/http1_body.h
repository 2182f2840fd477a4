/* The framing of HTTP/1 bodies: where one ends, never what is in it. */
#ifndef APMSHIM_HTTP1_BODY_H
#define APMSHIM_HTTP1_BODY_H

#include <stdint.h>
#include "base/bytes.h"

enum http1_body_part {
    HTTP1_BODY_LENGTH,
    HTTP1_CHUNK_SIZE,
    HTTP1_CHUNK_EXTENSION,
    HTTP1_CHUNK_DATA,
    HTTP1_CHUNK_END,
    HTTP1_TRAILER,
};

struct http1_body {
    enum http1_body_part part;
    unsigned column; /* digits of the chunk size, or bytes of the trailer line, so far */
    uint64_t left;   /* bytes of the body or of the chunk */
};

enum http1_body_result { HTTP1_BODY_MORE, HTTP1_BODY_ENDED, HTTP1_BODY_LOST };

/* length must not be 0. */
void http1_body_begin_length(struct http1_body *body, uint64_t length);
void http1_body_begin_chunked(struct http1_body *body);
/* Takes from *in what belongs to the body, up to the end of some of its data, which is told. */
enum http1_body_result http1_body_take(
    struct http1_body *body, struct bytes *in, struct bytes *ret_data);
/* Passes over n bytes that are not at hand. *ret_excess is how many of them lie behind the end. */
enum http1_body_result http1_body_skip(struct http1_body *body, uint64_t n, uint64_t *ret_excess);
/* Whether the last bytes that passed (all of them if whole) look like the end of a chunked body. */
bool http1_body_is_last_chunk(struct bytes last, bool whole);

#endif
