/* What each argument is to the program that gets it: its script, code, or a setting. */
#ifndef APMSHIM_COMMAND_ARGUMENTS_H
#define APMSHIM_COMMAND_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/bytes.h"

struct program_row;

enum argument_kind {
    ARGUMENT_ORDINARY, /* nothing is known of it */
    ARGUMENT_SETTING,  /* an option's value, which is neither code nor secret */
    ARGUMENT_SCRIPT,   /* the file or module that an interpreter runs */
    ARGUMENT_PRIVATE,  /* code, a statement or a password */
};

struct argument {
    enum argument_kind kind;
    size_t from; /* what stands before belongs to the option: 2 in "-ccode" */
};

/* Goes along a command line. A program that an interpreter, a wrapper ("sudo", "env") or any other
 * is given by name is followed into its own arguments. */
struct arguments {
    const struct program_row *row; /* NULL: not known */
    enum argument_kind wanted;     /* by the option before; ORDINARY: nothing */
    unsigned positionals;
    bool names_user;       /* the option before takes one, which may be called like a program */
    bool after_long;       /* an option of which it is not known whether this is its value */
    bool only_positionals; /* after "--" */
    bool has_program;      /* it came as an option or by standard input: no script, no other code */
    bool wants_code;       /* as the first that is no option: sh -c */
};

/* name: of the executable, without its folder. */
void arguments_begin(struct arguments *arguments, const char *name);
/* Of the next one; the program's own name, which comes first, is left out. */
struct argument arguments_next(struct arguments *arguments, const char *argument);

/* Whether it takes code or passwords in a way that is known here. */
bool arguments_known(struct bytes name);

/* What an interpreter's programs are called by; false: it is none. "python3.11" is python of
 * version 3.11, "pythonette" is not. */
struct interpreter {
    const char *language, *runtime; /* runtime: NULL if it has no name of its own */
    const char *version;            /* within the name */
};
bool arguments_interpreter(const char *name, struct interpreter *ret);

/* Takes the first argument off the block, where each ends with a NUL; NULL: there is none.
 * *ret_cut: it has no end. */
const char *arguments_take(struct arena *arena, struct bytes *argv, bool *ret_cut);

const char *arguments_base_name(const char *path);

#endif
