/* SQL text without its data, for PostgreSQL statements that may be cut off anywhere. */
#ifndef APMSHIM_SQL_OBFUSCATE_H
#define APMSHIM_SQL_OBFUSCATE_H

#include "base/buf.h"
#include "base/bytes.h"

/*
 * Appends the statement with every constant of an expression replaced by `?`: strings, numbers with
 * their minus sign, TRUE, FALSE and NULL (sql/constant.h). Parameters ($1), operators and
 * identifiers stay. At most 4 bytes per `VALUES` are added, so never more than 2 *
 * len.
 *
 * - A comment becomes white space unless keep_comments, which ships those that are made of pairs
 *   (sql/comment.h) as they are.
 * - IN (...) and ARRAY[...] whose elements are all constants or parameters, signed or cast, keep
 * the first one: `IN (?)`. A statement cut off inside such a list ends after the first element.
 * - VALUES keeps its first row: `VALUES (?, ?), ...`; pg_stat_statements shows all rows, but a
 *   batch of 1000 rows would be a statement of its own.
 * - What never ends (strings, quoted identifiers) is one `?`. So is all that follows a text which
 *   servers read differently, as 'C:\' does with standard_conforming_strings off.
 * - From the first quote on all is one `?` where quotes may have to be read the other way round, as
 *   in 'Sean O'Brien': see lex_certain, also for `cut`.
 * - White space at both ends goes.
 */
void sql_obfuscate(struct bytes sql, bool keep_comments, bool cut, struct buf *out);

#endif
