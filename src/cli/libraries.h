/* Which shared libraries the loader would bring in for a program, without running it (as ldd does).
 */
#ifndef APMSHIM_CLI_LIBRARIES_H
#define APMSHIM_CLI_LIBRARIES_H

#include "elf_facts.h"

enum { LIBRARIES_MAX = 256 };

struct libraries {
    size_t count;
    struct {
        const char *name;
        const char *path; /* NULL: not found */
    } items[LIBRARIES_MAX];
    unsigned imports; /* FAMILY_* of all of them, libc excepted */
};

/* The program's own needs and its libraries' needs. Searched: run paths, LD_LIBRARY_PATH,
 * ld.so.conf and the usual folders; the loader's cache is not read. Strings live in the arena. */
void libraries_find(
    struct arena *arena, const char *program, const struct elf_facts *facts, struct libraries *ret);
/* The path of the first library whose name begins so (or its name where it was not found); NULL. */
const char *libraries_named(const struct libraries *libraries, const char *beginning);

#endif
