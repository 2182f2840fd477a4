/* Names as programs write them: what is shown of values that clients chose. */
#ifndef APMSHIM_TRACE_IDENTIFIER_H
#define APMSHIM_TRACE_IDENTIFIER_H

#include "base/bytes.h"

/* At most so many letters, digits, "_" and these other signs, of which it begins with one of the
 * former, but no digit. */
bool is_identifier(struct bytes b, size_t most, const char *signs);

#endif
