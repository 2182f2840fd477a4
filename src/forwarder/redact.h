/* Command-line arguments without the secrets that they show by their form. */
#ifndef APMSHIM_REDACT_H
#define APMSHIM_REDACT_H

#include "base/arena.h"

/* Values of --password=x, PASSWORD=x and "host=db password=x", and the user part of URLs, become
 * "[REDACTED]"; so does the whole argument if the one before it (NULL: none) was "--password", or
 * was "-c" and this is a statement or code. */
const char *redact_argument(struct arena *arena, const char *argument, const char *before);

#endif
