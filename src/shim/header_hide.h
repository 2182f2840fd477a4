/* Where headers are not to be seen: their values are left out before they get into the ring, of all
 * protocols but HTTP/2, whose headers can only be read with all those before them. */
#ifndef APMSHIM_SHIM_HEADER_HIDE_H
#define APMSHIM_SHIM_HEADER_HIDE_H

#include "cgi_hide.h"
#include "http_hide.h"

/* One direction of a connection; all-zero at its beginning. */
struct header_side {
    uint8_t speaks;
    union {
        struct http_side http;
        struct cgi_side cgi;
    };
};

/* Overwrites what is not to be kept. */
void header_hide(struct header_side *side, char *bytes, size_t n);
/* Bytes have passed unseen. */
void header_hide_gap(struct header_side *side, uint64_t gap);

#endif
