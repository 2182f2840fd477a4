/* What a program is called as a service and what it is written in, guessed from path and arguments.
 */
#ifndef APMSHIM_PROGRAM_H
#define APMSHIM_PROGRAM_H

#include "base/arena.h"
#include "base/bytes.h"

struct program {
    const char *name;     /* of the executable, or of the script an interpreter runs; never NULL */
    const char *script;   /* the file or module that an interpreter runs, as given; NULL: none */
    const char *language; /* never NULL */
    const char *runtime_name, *runtime_version; /* both or neither */
};

/* exe: absolute path or NULL. argv: each ended by NUL, the last may be cut. Strings live in the
 * arena, or for ever. */
struct program program_of(struct arena *arena, const char *exe, struct bytes argv);

/* The file's own name, also where the kernel says that it was deleted since. */
const char *program_executable(struct arena *arena, const char *exe);

#endif
