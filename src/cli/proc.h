/* Small readings of /proc. */
#ifndef APMSHIM_CLI_PROC_H
#define APMSHIM_CLI_PROC_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/arena.h"

/* Where the link /proc/PID/NAME leads to; NULL: unreadable. */
const char *proc_link(struct arena *arena, pid_t pid, const char *name);
/* The whole of /proc/PID/NAME, NUL-terminated behind its length (up to 4 MB); data NULL:
 * unreadable. */
struct bytes proc_read(struct arena *arena, pid_t pid, const char *name);
/* False within its exec: its exe is the new program's before its environment can be read, which is
 * empty until then. False also of one that we may not examine. */
bool proc_has_environment(pid_t pid);
/* The value of a variable in the environment that the process was started with; NULL: not set. */
const char *proc_variable(struct bytes environment, const char *name);
/* Calls for every process until one says true; returns its pid, or 0. */
pid_t proc_find(bool (*is_it)(void *self, pid_t pid), void *self);

#endif
