/* Arguments without the secrets and the code that they hold. */
#ifndef APMSHIM_COMMAND_HIDING_H
#define APMSHIM_COMMAND_HIDING_H

#include "base/arena.h"
#include "base/bytes.h"

struct shown_arguments {
    size_t count;
    const char *const *items;
};

/* exe: path or NULL; argv: each ended by NUL, the last may be cut. What is hidden is "[REDACTED]":
 * values whose names are those of secrets, however they are joined to them; the users of URLs; code
 * and statements; a last argument that is cut. names: wildcards beside our own, may be NULL. The
 * first is what the program was called as, or has written over it, and may hold anything as well.
 * All in the arena. */
struct shown_arguments arguments_without_secrets(
    struct arena *arena, const char *exe, struct bytes argv, const char *names);

#endif
