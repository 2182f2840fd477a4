/* The variables of FastCGI, uwsgi and SCGI that are headers, where headers are not to be seen: as
 * http_hide.h does for HTTP/1. (FastCGI's and SCGI's specifications, uWSGI's documentation, "The
 * uwsgi Protocol".) */
#ifndef APMSHIM_SHIM_CGI_HIDE_H
#define APMSHIM_SHIM_CGI_HIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http_hide.h"

enum { CGI_NAME_KEPT = 30 };

enum cgi_protocol { CGI_FASTCGI, CGI_UWSGI, CGI_SCGI };

/* Names and values, however their lengths are told. */
struct cgi_pairs {
    uint32_t left[2]; /* bytes of the name and of the value still to come */
    uint8_t state, name_len;
    bool hides;
    uint8_t lengths;         /* of this pair that have been read */
    uint8_t number[4], have; /* of the length that is being read */
    char name[CGI_NAME_KEPT];
};

/* One direction of a connection; all-zero at its beginning. */
struct cgi_side {
    struct cgi_pairs pairs;
    struct http_side lines; /* of what the service answers within FastCGI */
    uint32_t left;          /* bytes of the record or packet still to come */
    uint8_t header[8], have, padding;
    bool lost;
};

void cgi_hide(struct cgi_side *side, enum cgi_protocol protocol, char *bytes, size_t n);
void cgi_hide_gap(struct cgi_side *side, uint64_t gap);

#endif
