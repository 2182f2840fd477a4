/* Whether a program, or a process that runs already, can be seen by the recorder. */
#ifndef APMSHIM_CLI_EXAMINE_H
#define APMSHIM_CLI_EXAMINE_H

#include <sys/types.h>
#include "base/arena.h"
#include "findings.h"

/* An executable file: a program, or a script with an interpreter line. Needs nothing but reading.
 */
void examine_file(struct arena *arena, const char *path, struct findings *ret);

/* What is linked into a program, and can't be seen there. */
void examine_own_copies(struct arena *arena, const char *path, struct findings *ret);

enum process_state {
    PROCESS_TRACED,    /* it is being traced */
    PROCESS_WAITING,   /* the recorder is loaded and has had nothing to trace yet */
    PROCESS_NOT_TRACED /* a blocker says why */
};

/* A process of this machine. */
enum process_state examine_process(struct arena *arena, pid_t pid, struct findings *ret);

/* As the shell finds a command: by PATH unless it has a slash. NULL: not found. */
const char *command_path(struct arena *arena, const char *command);

#endif
