/* What a PHP script died of, as PHP writes it to its log ("PHP Fatal error:  Uncaught …", "PHP
 * Parse error: …"; main/main.c, php_error_cb). */
#ifndef APMSHIM_PHP_FAILURE_H
#define APMSHIM_PHP_FAILURE_H

#include "base/bytes.h"

/* Views point into the text. What the script itself said is left out: it may be about anybody. */
struct php_failure {
    struct bytes kind;   /* "Fatal error" */
    struct bytes class;  /* of what was thrown and not caught; empty: the engine gave up */
    struct bytes engine; /* what the engine says of its limits; empty: nothing that may be shown */
    struct bytes file, line;
};

/* The last that the text tells of, whose beginning may be missing; false: it tells of none. */
bool php_failure_read(struct bytes text, struct php_failure *ret_failure);

#endif
