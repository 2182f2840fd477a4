/* A request's target and authority as the parts of a URL. */
#ifndef APMSHIM_TRACE_URL_H
#define APMSHIM_TRACE_URL_H

#include "base/arena.h"
#include "trace/model.h"
#include "trace/privacy.h"

enum { URL_BYTES_MAX = 1024 };

/* Sets scheme, host, port, path, query and full_url of *ret_http, in the arena, without what is
 * private. The target may be a path, a whole URL (whose authority and scheme then count), "*", or
 * host:port as in CONNECT. scheme and authority may be empty; then it is http, and there is no
 * full_url without a host. Each part has at most URL_BYTES_MAX bytes. Returns the path as it came,
 * as long as the target is valid. */
struct bytes url_split(const struct privacy *privacy, struct arena *arena, struct bytes target,
    struct bytes scheme, struct bytes authority, struct http_context *ret_http);

/* Whether it may stand as a host, with or without a port, as Host does. */
bool url_is_authority(struct bytes text);

#endif
