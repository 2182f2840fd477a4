/* What proxies say about the URL that the client asked for. Anybody may say it. */
#ifndef APMSHIM_TRACE_FORWARDED_H
#define APMSHIM_TRACE_FORWARDED_H

#include "protocol/protocol.h"

struct forwarded {
    struct bytes scheme, host; /* valid, or empty: not told. host: with its port */
};

/* Forwarded (RFC 7239) goes before X-Forwarded-Proto, its older names, and X-Forwarded-Host, as
 * with Elastic's agents; of several proxies the first, which is the client's, counts. */
struct forwarded forwarded_by(const struct header_view *headers, size_t count);

#endif
