/* Start lines of HTTP/1 messages (RFC 9112, sections 3 and 4): reading one, and telling from the
 * first bytes whether there is one. */
#ifndef APMSHIM_HTTP1_START_H
#define APMSHIM_HTTP1_START_H

#include "protocol/protocol.h"

/* Views point into the line that was read. */
struct http1_start {
    struct bytes method, target, version; /* of a request */
    int status;                           /* of a response; 0: it cannot be read */
    bool odd;                             /* of a request: read as far as it can be */
};

/* False if it is none, or is one that only a server may have an answer to. A version may be
 * missing: HTTP/0.9. */
bool http1_start_read(enum direction direction, struct bytes line, struct http1_start *ret_start);
/* Of a line that is no request's, or has no end: whatever can be read in it. */
void http1_start_guess(struct bytes line, struct http1_start *ret_start);
/* Whether an unfinished line is a request's, as far as there is one: its method and something of
 * its target. */
bool http1_start_is_cut(struct bytes line);
/* What an unfinished line has to look like. sure: a message begins here. */
bool http1_start_may_be(enum direction direction, bool sure, struct bytes begin);
/* Whether it begins with a method that is nothing but HTTP's, and a path. */
bool http1_start_is_plain(struct bytes begin);
/* Whether it begins with what may be a method. */
bool http1_start_has_method(struct bytes line);

/* Whether these bytes begin a request or a response. */
enum sniff http1_start_sniff(enum direction direction, struct bytes bytes);

/* Whether names of fields may be so (RFC 9110, section 5.6.2). */
bool http1_is_token(struct bytes b);
/* Whether it is a method that services meet. */
bool http1_is_method(struct bytes b);

#endif
