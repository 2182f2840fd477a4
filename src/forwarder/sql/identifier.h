/* Names in SQL as the server understands them: without their quotes. */
#ifndef APMSHIM_SQL_IDENTIFIER_H
#define APMSHIM_SQL_IDENTIFIER_H

#include "base/buf.h"
#include "base/bytes.h"
#include "sql/lex.h"

/* Appends the name that begins with `first`, which was taken off *rest, and takes what else belongs
 * to it: `U&"d\0061ta"`, and other databases' `a b` in backticks and [a b]. False: there is none,
 * and nothing is done. */
bool sql_take_identifier(struct bytes *rest, const struct lexeme *first, struct buf *out);

#endif
