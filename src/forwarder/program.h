/* What a program is called as a service and what it is written in, guessed from path and arguments.
 */
#ifndef APMSHIM_PROGRAM_H
#define APMSHIM_PROGRAM_H

#include <stdbool.h>
#include "base/arena.h"
#include "base/bytes.h"

struct program {
    const char *name; /* of the application that a server serves, of the script that an interpreter
                       * runs, or of the executable; never NULL */
    const char *script;   /* the file or module that an interpreter runs, as given; NULL: none */
    const char *language; /* never NULL */
    const char *runtime_name, *runtime_version; /* both or neither */
    const char
        *module;      /* of an application that a server serves, as given; NULL: none, or a file */
    bool is_server;   /* a script or program that serves others' applications */
    bool is_runner;   /* an interpreter or a server, which runs what somebody else wrote */
    bool is_nameless; /* what it runs is not told by the arguments; the name is its own */
    bool by_folder;   /* what it runs is called like the folder that it is run in */
};

/* exe: absolute path or NULL. argv: each ended by NUL, the last may be cut. Strings live in the
 * arena, or for ever. */
struct program program_of(struct arena *arena, const char *exe, struct bytes argv);

/* The file's own name, also where the kernel says that it was deleted since. */
const char *program_executable(struct arena *arena, const char *exe);

#endif
