/* redact_text for what may be spelled in another way: %70assword, \u0070assword. */
#ifndef APMSHIM_COMMAND_REDACT_ESCAPES_H
#define APMSHIM_COMMAND_REDACT_ESCAPES_H

#include <stdbool.h>
#include "base/arena.h"

/* NULL: there is more to hide than the text shows as it is. */
const char *redact_escapes(
    struct arena *arena, const char *text, bool is_setting, bool *ret_pending);

#endif
