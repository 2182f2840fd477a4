/* Header blocks of HTTP/2: from their compressed form (RFC 7541, by libnghttp2) to fields. */
#ifndef APMSHIM_HTTP2_FIELDS_H
#define APMSHIM_HTTP2_FIELDS_H

#include <nghttp2/nghttp2.h>

#include "base/arena.h"
#include "protocol/protocol.h"

enum { HTTP2_FIELDS_MAX = 128, HTTP2_FIELD_BYTES_MAX = 64 * 1024 };

/* Views point into the arena. Fields beyond the limits are left out. */
struct http2_fields {
    struct bytes method, path, scheme, authority; /* of a request; empty: absent */
    int status;                                   /* of a response; 0: absent or not valid */
    size_t count, bytes;
    struct header_view items[HTTP2_FIELDS_MAX];
};

/* False if the block, and so all blocks behind it, cannot be read. */
bool http2_fields_read(nghttp2_hd_inflater *inflater, struct bytes block, struct arena *arena,
    struct http2_fields *ret_fields);

#endif
