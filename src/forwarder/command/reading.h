/* What each argument is to its program. */
#ifndef APMSHIM_COMMAND_READING_H
#define APMSHIM_COMMAND_READING_H

#include "base/arena.h"
#include "base/bytes.h"
#include "command/programs.h"

enum argument_role {
    ARGUMENT_PLAIN,
    ARGUMENT_HIDDEN, /* code, or a secret */
    ARGUMENT_SCRIPT, /* that an interpreter runs */
};

struct argument {
    const char *text;
    enum argument_role role;
    size_t from; /* what the role is about begins there, behind the option that it is attached to */
    bool cut;    /* it goes on, nobody knows how */
};

struct arguments {
    size_t count;
    struct argument *items; /* items[0] is what the program was called as */
    const char *script;     /* of the program itself; NULL: none, or it was given as code */
};

/* argv: each ended by NUL, the last may be cut. options: NULL: of a program that is not known. All
 * in the arena. */
struct arguments arguments_read(
    struct arena *arena, struct bytes argv, const struct program_options *options);

#endif
