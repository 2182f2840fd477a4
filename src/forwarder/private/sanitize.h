/* Which headers and fields are sent by name only: names decide, never values. */
#ifndef APMSHIM_PRIVATE_SANITIZE_H
#define APMSHIM_PRIVATE_SANITIZE_H

#include <stdbool.h>
#include "base/bytes.h"

#define SANITIZED "[REDACTED]"

/* Elastic's default of sanitize_field_names. */
#define SANITIZE_DEFAULT                                                                           \
    "password, passwd, pwd, secret, *key, *token*, *session*, *credit*, *card*, *auth*, "          \
    "set-cookie, *principal*"

struct sanitizer;

/* Two lists of wildcards, either may be NULL. */
struct sanitizer *sanitizer_new(const char *csv, const char *more);
/* Whether the value has to be replaced by SANITIZED. Cookie always: it holds many fields. */
bool sanitize_hides(struct sanitizer *sanitizer, struct bytes name);
void sanitizer_free(struct sanitizer *sanitizer);

#endif
