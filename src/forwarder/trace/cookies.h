/* A request's cookies, one by one. */
#ifndef APMSHIM_TRACE_COOKIES_H
#define APMSHIM_TRACE_COOKIES_H

#include "base/arena.h"
#include "protocol/protocol.h"
#include "trace/model.h"
#include "trace/privacy.h"

/* Of a request's headers. A value is shown if neither its name nor its looks make it a secret. */
struct headers cookies_of(const struct privacy *privacy, struct arena *arena,
    const struct header_view *headers, size_t count);

#endif
