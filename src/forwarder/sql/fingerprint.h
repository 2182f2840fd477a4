/* A number for "the same statement". */
#ifndef APMSHIM_SQL_FINGERPRINT_H
#define APMSHIM_SQL_FINGERPRINT_H

#include "base/bytes.h"
#include <stdint.h>

/* A 64-bit FNV-1a hash of an obfuscated statement that white space, comments, the case of what is
 * not quoted and semicolons at the end do not change. Part of no protocol, but kept stable: people
 * store it. */
uint64_t sql_fingerprint(struct bytes obfuscated);

#endif
