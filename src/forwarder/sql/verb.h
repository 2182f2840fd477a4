/* The commands that PostgreSQL has. */
#ifndef APMSHIM_SQL_VERB_H
#define APMSHIM_SQL_VERB_H

#include "base/bytes.h"

/* The verb with which the statement begins, in upper case and static; NULL: it has none that
 * PostgreSQL's servers, their replication or pgbouncer's console know, so it may be no SQL at all.
 */
const char *sql_verb(struct bytes statement);

#endif
