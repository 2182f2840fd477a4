/* Starting a command with the recorder preloaded. */
#ifndef APMSHIM_CLI_LAUNCH_H
#define APMSHIM_CLI_LAUNCH_H

#include <stdbool.h>
#include "base/arena.h"

/* Adds libapmshim.so to LD_PRELOAD, behind what is there. False: it was not found; said on stderr.
 */
bool launch_preload(struct arena *arena);
/* Sets a variable to a file's path, made absolute: the forwarder works in another folder. */
void launch_set_path(struct arena *arena, const char *variable, const char *path);
/* Becomes the command. Returns only if that failed, with the exit status; said on stderr. */
int launch_exec(char **command);

#endif
