/* A parent for the forwarder where orphans would come back to the service.
 *
 * Pid 1 of a container and subreapers inherit every orphan as a child of their own, which wait()
 * reports and waits for. There the process that started the forwarder stays as its parent: a clone
 * with exit signal 0, which wait() does not know. It can't be a program of its own, because execve
 * makes the exit signal SIGCHLD again; so it gives back all memory but what it runs on. */
#ifndef APMSHIM_SHIM_KEEPER_H
#define APMSHIM_SHIM_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the keeper's memory is reduced to. */
struct keeper {
    struct range {
        uintptr_t from, to;
    } kept[3];
};

/* Whether this process is the one that orphans come to. */
bool keeper_needed(void);
/* In the service, by the thread that is about to clone: asks the loader, whose lock no clone may
 * take. False: it can't be told where our code is. */
bool keeper_prepare(struct keeper *keeper, const void *stack, size_t stack_size);
/* Waits for all children, then ends. Only for a clone with memory of its own and all signals
 * blocked, that runs on this stack. Keeps no descriptor. */
_Noreturn void keeper_stay(const struct keeper *keeper);

#endif
