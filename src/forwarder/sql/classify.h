/* Statements that define, run or drop a prepared statement by SQL. Comments and white space may
 * stand anywhere. */
#ifndef APMSHIM_SQL_CLASSIFY_H
#define APMSHIM_SQL_CLASSIFY_H

#include "base/buf.h"
#include "base/bytes.h"

/* Names are borrowed as written: `Foo`, `"Foo"`. Compare them (and those of the wire protocol,
 * which need no folding) after sql_fold_name. Outputs are set only on true. */

/* `PREPARE name [(types)] AS body`. The body ends before a `;`; it may be empty if cut off. */
bool sql_parse_prepare(struct bytes sql, struct bytes *ret_name, struct bytes *ret_body);
/* `EXECUTE name [(...)]`. */
bool sql_parse_execute(struct bytes sql, struct bytes *ret_name);
/* `DEALLOCATE [PREPARE] name`; the name is empty for ALL. */
bool sql_parse_deallocate(struct bytes sql, struct bytes *ret_name);

/* Appends the name the server uses: quotes off and undoubled, else ASCII lower case; cut to 63
 * bytes. */
void sql_fold_name(struct bytes name, struct buf *out);

#endif
