/* The parameters of a URL's query. */
#ifndef APMSHIM_TRACE_QUERY_H
#define APMSHIM_TRACE_QUERY_H

#include "base/bytes.h"

/* Of a request's target, as much of it as is worth reading. */
struct bytes query_of(struct bytes target);
/* Empty: it has none of this name (in upper or lower case), or no value. */
struct bytes query_value(struct bytes query, struct bytes name);
/* Whether a value is written as names are in programs. */
bool query_is_identifier(struct bytes value);

#endif
