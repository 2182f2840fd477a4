/* What the program was started with. Copied at the start: programs write over their arguments and
 * their environment, give them back, or clear them before they serve anybody. */
#ifndef APMSHIM_SHIM_GIVEN_H
#define APMSHIM_SHIM_GIVEN_H

#include <stddef.h>

enum { GIVEN_ARGV_MAX = 4096 };

/* In the constructor. argc 0: the C library does not tell them. */
void given_keep(int argc, char **argv, char **envp);
/* A variable's value, NULL: not set. */
const char *given_variable(const char *name);
/* The arguments, each with its NUL, as many as fit; returns the length. */
size_t given_argv(char out[GIVEN_ARGV_MAX]);
/* "NAME=value" by index, NULL behind the last. What is not for this tool gives way where an
 * environment is too large to be kept. */
char *given_environment(unsigned index);

#endif
