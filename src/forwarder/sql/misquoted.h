/* Values that were written like names, `= "anna"` or `= anna`. */
#ifndef APMSHIM_SQL_MISQUOTED_H
#define APMSHIM_SQL_MISQUOTED_H

#include "base/buf.h"
#include "base/bytes.h"

/* Appends the statement, which failed as the message says because there is no such column, with `?`
 * for that column if it may have been meant as a value, and for what may be one behind it. */
void sql_hide_misquoted(struct bytes statement, struct bytes message, struct buf *out);

#endif
