/* Values that were written like names, `= "anna"` or `= anna`. */
#ifndef APMSHIM_SQL_MISQUOTED_H
#define APMSHIM_SQL_MISQUOTED_H

#include "base/buf.h"
#include "base/bytes.h"

/* Appends the statement, which failed, with `?` for names that stand where values do, whatever it
 * failed for. message: that there is no such column, or empty; the column that it tells is `?` too,
 * but in lists of columns and the like. */
void sql_hide_misquoted(struct bytes statement, struct bytes message, struct buf *out);

#endif
