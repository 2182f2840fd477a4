/* What must not be in a message, whoever says it: libcurl quotes URLs and proxies, and servers what
 * they were sent. */
#ifndef APMSHIM_LOG_SECRETS_H
#define APMSHIM_LOG_SECRETS_H

#include "options.h"

/* Token, key, and the user's parts of the server's and the proxies' URLs, also as they are sent.
 * Keeps copies; replaces those of the call before. */
void log_secrets_set(const struct options *options);
/* Replaces them by "[REDACTED]", and what is private by its form. */
void log_secrets_mask(struct buf *text);

#endif
