/* Which module maps are still needed, so that a service that loads and unloads all day does not
 * fill the forwarder: those that a living process has, and those that a call may have begun with.
 */
#ifndef APMSHIM_TRACE_MAPS_H
#define APMSHIM_TRACE_MAPS_H

#include "trace/state.h"

/* The process has this map now. False: there are too many, all of them in use; counted. */
bool map_used(struct tracer *tracer, struct process *process, uint64_t id);
bool map_known(const struct tracer *tracer, uint64_t id);
/* A forked process goes on with the map that its parent had then. */
void map_inherit(struct process *process, const struct process *parent, uint64_t fork_time);
/* Forgets maps, and the stacks in them, that no process has and that were not told, nor a stack in
 * them, since then. */
void maps_forget_unused(struct tracer *tracer, uint64_t before);
/* Says what was refused. */
void maps_free(struct tracer *tracer);

#endif
