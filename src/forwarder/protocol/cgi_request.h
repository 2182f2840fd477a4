/* Requests told as CGI meta-variables (RFC 3875, section 4.1), as gateways pass them to FastCGI,
 * SCGI and uwsgi services. */
#ifndef APMSHIM_CGI_REQUEST_H
#define APMSHIM_CGI_REQUEST_H

#include "protocol/protocol.h"

enum {
    CGI_VARIABLES_BYTES_MAX = 65 * 1024,
    CGI_HEADERS_MAX = 128,
    CGI_OTHERS_MAX = 64,
    CGI_AUTHORITY_BYTES_MAX = 320
};

/* All-zero has no variables. Views point into what was added. */
struct cgi_request {
    struct bytes method, uri, scheme, protocol, remote_address;
    struct bytes script_name, path_info, query, server_name, server_port;
    bool https;
    bool cut;            /* there were more variables, which are not known */
    size_t header_count; /* those beyond CGI_HEADERS_MAX are left out */
    struct header_view headers[CGI_HEADERS_MAX];
    size_t other_count; /* likewise */
    struct header_view others[CGI_OTHERS_MAX];
};

/* name is changed in place: HTTP_X_REQUEST_ID is a header named X-Request-Id. */
void cgi_request_add(struct cgi_request *request, struct bytes value, char *name, size_t name_len);
/* The same of one of whose value only the beginning is known. */
void cgi_request_add_cut(
    struct cgi_request *request, struct bytes value, const char *name, size_t name_len);
/* Reports it; false if nothing was, because there is no method or no path. */
bool cgi_request_report(
    const struct cgi_request *request, uint64_t stream, const struct protocol_listener *listener);

#endif
