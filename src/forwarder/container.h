/* Which container and Kubernetes pod a process runs in, read from its /proc folder. */
#ifndef APMSHIM_CONTAINER_H
#define APMSHIM_CONTAINER_H

#include "base/arena.h"

/* NULL where unknown; the strings live in the arena. */
struct container {
    const char *id, *pod_uid;
};

/* proc: the process' folder, such as "/proc/self". */
struct container container_of(struct arena *arena, const char *proc);

#endif
