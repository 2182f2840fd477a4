/* Programs whose arguments are more than words: which options take values, and which of them are
 * code, scripts or secrets. */
#ifndef APMSHIM_COMMAND_PROGRAMS_H
#define APMSHIM_COMMAND_PROGRAMS_H

/* Letters are single-letter options, which may stand together and have their value attached. Lists
 * of long options have a space before each. No field is NULL but those that say so. */
struct program_options {
    const char *name;
    const char *language, *runtime; /* of an interpreter; NULL: it is none, or has no version */
    const char *valued;             /* take a value, the rest of the argument or the next one */
    const char *attached;           /* take the rest of the argument, if there is any */
    const char *code;               /* the value is a program or a statement */
    const char *script;             /* the value is the script or module */
    const char *secret;             /* the value is a password; in `valued` too if it may follow */
    const char *long_valued, *long_code;
    /* What each argument that is no option is, the last letter for all that follow: 's' the script,
     * behind which all is its own; 'c' code; 'w' a command of its own; 'a' an assignment, or that
     * command; '-' anything. Of 's' and 'c' only where no option gave the program. */
    const char *positional;
};

/* By the base name of a program; "python3.11" is python, "pythonette" is not. *ret_version: "3.11".
 * NULL: none that is known. */
const struct program_options *program_options_of(const char *base, const char **ret_version);

#endif
