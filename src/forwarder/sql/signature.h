/* Span names from SQL, by Elastic's signature algorithm: `SELECT FROM orders`. */
#ifndef APMSHIM_SQL_SIGNATURE_H
#define APMSHIM_SQL_SIGNATURE_H

#include "base/buf.h"
#include "base/bytes.h"

/* Appends the statement's signature; nothing when it holds no word. Names come out as they were
 * written, without their quotes, so the bytes are as (in)valid as the statement's. What
 * PostgreSQL takes for a literal or comment never gets into it. Like the official agents, `UPDATE t
 * alias SET` is `UPDATE alias`. */
void sql_signature(struct bytes sql, struct buf *out);

#endif
