/* A command line without what is private in it: passwords and the like, code, statements. */
#ifndef APMSHIM_COMMAND_REDACT_H
#define APMSHIM_COMMAND_REDACT_H

#include "base/arena.h"
#include "base/bytes.h"

/* Into out[]: at most so many arguments, with "[REDACTED]" for what is hidden, and as far as it is
 * known what stands around it. Returns their number. exe: NULL if unknown. argv: each ended by NUL;
 * an argument that has no end was cut and is hidden. The first may be a title that the program gave
 * itself. */
size_t redact_arguments(
    struct arena *arena, const char *exe, struct bytes argv, const char **out, size_t max);

#endif
