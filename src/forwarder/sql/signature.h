/* Span names from SQL, by Elastic's signature algorithm: `SELECT FROM orders`. */
#ifndef APMSHIM_SQL_SIGNATURE_H
#define APMSHIM_SQL_SIGNATURE_H

#include "base/buf.h"
#include "base/bytes.h"

/* Appends the statement's signature; nothing when it holds no word. Names come out as they were
 * written, without their quotes, so the bytes are as (in)valid as the statement's. What
 * PostgreSQL takes for a literal or comment never gets into it.
 *
 * The name is that of the first table of the outermost query, or of the function that stands in its
 * place: `FROM ONLY (a.b)`, `FROM (a.b JOIN c)`, `FROM LATERAL b(1)`. Of members that are joined by
 * UNION and the like the first that has a FROM is asked. Where that is a subquery, and where
 * Elastic's algorithm has no other name (WITH, MERGE, TABLE, all utilities), the first word is all.
 */
void sql_signature(struct bytes sql, struct buf *out);

#endif
