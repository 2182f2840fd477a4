/* For http1.c: a conversation that switches to HTTP/2 in its midst. */
#ifndef APMSHIM_HTTP2_H
#define APMSHIM_HTTP2_H

#include <stdint.h>

/* To a fresh state of http2_protocol: stream 1 has been requested, and reported as this stream
 * (RFC 7540, section 3.2). */
void http2_upgraded(void *state, uint64_t stream);

#endif
