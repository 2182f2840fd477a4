/* Where headers are not to be seen, the values of HTTP/1's do not get into the ring either, but of
 * those that tell where a message ends and whose it is. Line by line, wherever a message is cut: a
 * line of a body that looks like a header is hidden as well, and nobody reads it. */
#ifndef APMSHIM_SHIM_HTTP_HIDE_H
#define APMSHIM_SHIM_HTTP_HIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_NAME_KEPT = 26 };

/* One direction of a connection; all-zero at its beginning. */
struct http_side {
    uint8_t state;
    uint8_t name_len; /* HTTP_NAME_KEPT: of a longer name */
    char name[HTTP_NAME_KEPT];
};

/* Overwrites what is not to be kept. */
void http_hide(struct http_side *side, char *bytes, size_t n);
/* Bytes have passed unseen. */
void http_hide_gap(struct http_side *side);

#endif
