/* Which columns the parameters of a statement are for, as far as the text shows it. */
#ifndef APMSHIM_SQL_PARAMETERS_H
#define APMSHIM_SQL_PARAMETERS_H

#include <stdbool.h>
#include "base/bytes.h"

/* Sets ret_columns[n - 1] for $n, n <= count, where `column op $n`, `$n op column` or the list of
 * an INSERT shows it (LIMIT and OFFSET stand for themselves); the others are left empty. Names are
 * borrowed from the text, without their quotes. ret_plain: nothing else but a comparison or a list
 * of values is around the parameter, so that there can be no doubt. */
void sql_parameter_columns(
    struct bytes sql, struct bytes *ret_columns, bool *ret_plain, size_t count);

#endif
