/* What PostgreSQL's five-letter codes mean. All answers are static. */
#ifndef APMSHIM_TRACE_SQLSTATE_H
#define APMSHIM_TRACE_SQLSTATE_H

#include <stdbool.h>

/* The class as an exception's type. */
const char *sqlstate_class(const char *sqlstate);
/* The condition's name, "unique_violation"; NULL: PostgreSQL has none, a function chose the code.
 */
const char *sqlstate_condition(const char *sqlstate);
/* Whether the server refused the text before it had read it as SQL. source: its function that said
 * so, NULL: not known. */
bool sqlstate_unread(const char *sqlstate, const char *source);

#endif
