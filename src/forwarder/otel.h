/* What OpenTelemetry's environment variables say about the service. */
#ifndef APMSHIM_OTEL_H
#define APMSHIM_OTEL_H

#include "base/arena.h"

/* An attribute of OTEL_RESOURCE_ATTRIBUTES, "key=value,key=value" with the values percent-encoded
 * (its resource specification); NULL: it is not told, or not valid. */
const char *otel_attribute(struct arena *arena, const char *attributes, struct bytes key);

#endif
