/* The header that a load balancer sends before everything else to say for whom it connects
 * (HAProxy's "The PROXY protocol, versions 1 & 2"). */
#ifndef APMSHIM_PROXY_HEADER_H
#define APMSHIM_PROXY_HEADER_H

#include "protocol/protocol.h"
#include "wire/record.h"

enum { PROXY_HEADER_BYTES_MAX = 4096 }; /* more is not believed to be one */

struct proxy_header {
    size_t size;
    struct rec_address source; /* ADDRESS_NONE: not told, the connection is the balancer's own */
};

/* Whether the connection's first bytes to the service are such a header, all of it. */
enum sniff proxy_header_read(struct bytes begin, struct proxy_header *ret_header);

#endif
