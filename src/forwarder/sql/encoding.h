/* Text in a client's encoding as UTF-8. */
#ifndef APMSHIM_SQL_ENCODING_H
#define APMSHIM_SQL_ENCODING_H

#include "base/bytes.h"

/* encoding: PostgreSQL's number (pg_wchar.h, enum pg_enc), or -1. What cannot be converted becomes
 * U+FFFD, a character cut off at the end is left out; an encoding that is not known leaves the
 * bytes as they are. NUL-terminated; the caller frees it. Single-threaded. */
char *sql_to_utf8(struct bytes text, int encoding);
/* The number of an encoding by its name as servers tell it, such as "LATIN1"; -1: unknown. */
int sql_encoding_of(struct bytes name);

#endif
