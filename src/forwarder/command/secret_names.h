/* What the value of an option, variable or field is, by its name alone. */
#ifndef APMSHIM_COMMAND_SECRET_NAMES_H
#define APMSHIM_COMMAND_SECRET_NAMES_H

#include "base/bytes.h"

enum naming {
    NAMES_ANYTHING,
    NAMES_USER, /* "anna", or "anna:password" */
    NAMES_CODE, /* "--eval": statements or a program */
    NAMES_FILE, /* where a secret is */
    NAMES_SECRET,
    NAMES_SURELY_SECRET, /* also where only a blank follows: "password x", not "session x" */
};

/* Words stand apart by '-', '_', '.' or the like, by camelCase, or not at all: "PGPASSWORD". */
enum naming naming_of(struct bytes name);

/* The same by the last word alone: "token-server" is a server. */
enum naming naming_of_last(struct bytes name);

/* "--no-password", "--ask-pass": no value follows. */
bool names_a_flag(struct bytes name);

#endif
