/* Responses that services behind a gateway give: a CGI head (RFC 3875, section 6) or the head of an
 * HTTP/1 response, and behind it a body that ends when somebody else says so. */
#ifndef APMSHIM_CGI_RESPONSE_H
#define APMSHIM_CGI_RESPONSE_H

#include "protocol/http1_head.h"

/* All-zero is the initial state. */
struct cgi_response {
    struct http1_head head;
    char start[8]; /* first bytes, as long as they may be those of a status line */
    unsigned start_len;
    bool is_http;   /* has a status line of its own */
    bool begun;     /* the head is being collected */
    bool head_over; /* what follows is body */
    bool reported;
};

/* The next bytes. Reports the response once its head is complete. */
void cgi_response_take(struct cgi_response *response, struct bytes bytes, uint64_t stream,
    const struct protocol_listener *listener);
/* Some bytes are missing here, or nothing follows: a head counts for what was seen of it. */
void cgi_response_cut(
    struct cgi_response *response, uint64_t stream, const struct protocol_listener *listener);
void cgi_response_free(struct cgi_response *response);

#endif
