/* W3C trace context as it is received: traceparent, and Elastic's entry in tracestate. */
#ifndef APMSHIM_TRACE_TRACEPARENT_H
#define APMSHIM_TRACE_TRACEPARENT_H

#include "protocol/protocol.h"
#include "trace/model.h"

struct trace_parent {
    struct trace_id trace_id;
    uint64_t parent_id;
    bool sampled;
    double sample_rate; /* of the trace's root; -1: not told */
};

/* False if traceparent is not valid; tracestate may be empty, several headers joined by commas. */
bool traceparent_parse(
    struct bytes traceparent, struct bytes tracestate, struct trace_parent *ret_parent);
/* The same from a request's headers. A second traceparent makes it invalid. */
bool traceparent_of_headers(
    const struct header_view *headers, size_t count, struct trace_parent *ret_parent);

#endif
