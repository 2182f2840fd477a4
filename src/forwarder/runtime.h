/* What runs a service's code, and its exact version, from the files that the process is made of.
 * Nothing is executed. */
#ifndef APMSHIM_RUNTIME_H
#define APMSHIM_RUNTIME_H

#include <stdbool.h>

#include "base/arena.h"

/* As Elastic's agents call it. */
struct runtime {
    const char *name;    /* NULL: the language's own has none */
    const char *version; /* NULL: not known */
    bool of_language;    /* the language's version is the same */
};

/* proc: the process' folder under /proc; NULL: it is not there any more. exe: NULL: unknown. The
 * version lives in the arena. */
struct runtime runtime_of(struct arena *arena, const char *proc, const char *exe);

#endif
