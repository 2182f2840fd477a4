/* The module map: which objects this process has loaded where, told to the forwarder while the
 * process lives, so that stacks can be resolved after its end. */
#ifndef APMSHIM_SHIM_MODULES_H
#define APMSHIM_SHIM_MODULES_H

#include <stdbool.h>
#include <stdint.h>

/* The map told last; 0: none yet. A forked child goes on with its parent's. */
uint64_t modules_map_id(void);
/* Writes a new map if objects were loaded or unloaded since, or if the reader is a new one. Between
 * recorder_enter and recorder_leave. False: not possible now. */
bool modules_tell(void);
/* Another file may have been loaded where one was: the map is written anew, under its old name. */
void modules_forget(void);

#endif
