/* One text without what looks like a secret in it, by the form alone. */
#ifndef APMSHIM_COMMAND_REDACT_TEXT_H
#define APMSHIM_COMMAND_REDACT_TEXT_H

#include <stdbool.h>
#include "base/arena.h"
#include "base/buf.h"

#define REDACTED "[REDACTED]"

/* What a value must not be told of: values of secret names (name=value, name: value, JSON, query
 * strings, "--name value"), users and passwords before an '@', tokens and keys that show what they
 * are, statements. *ret_pending: it ended with such a name, and the value is elsewhere.
 * is_setting: an option has a name for it, so that what is assigned first goes on to the end. */
const char *redact_text(struct arena *arena, const char *text, bool is_setting, bool *ret_pending);

#endif
