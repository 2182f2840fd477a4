/* The statements of a string with several of them. */
#ifndef APMSHIM_SQL_SPLIT_H
#define APMSHIM_SQL_SPLIT_H

#include <stdbool.h>

#include "base/bytes.h"

/* Takes the next statement off *rest, with its comments and without its `;`. A `;` inside round
 * brackets does not end it, nor one between BEGIN ATOMIC and END in the body of a function. False
 * when nothing but blanks and comments was left. */
bool sql_next_statement(struct bytes *rest, struct bytes *ret_statement);

#endif
