/* The processes that write to the ring: when they end, and whether any is left. */
#ifndef APMSHIM_WATCH_H
#define APMSHIM_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct watch;

/* ring_inode: of the memfd; a process that has it mapped may still write. owner: the process that
 * made the ring, the first to be watched. */
struct watch *watch_new(ino_t ring_inode, uint32_t owner);
void watch_free(struct watch *watch);
/* Unless the process that has this id here cannot be the one that is meant. */
void watch_add(struct watch *watch, uint32_t pid);
/* Sleeps until a process ends or the time has passed; calls back for each that has ended. */
void watch_wait(
    struct watch *watch, int timeout_ms, void (*ended)(void *self, uint32_t pid), void *self);
/* Calls back for each process that has executed another program: what maps the ring no more has
 * ended for us. Looks at a few; to be called again and again. */
void watch_look_for_programs(
    struct watch *watch, void (*ended)(void *self, uint32_t pid), void *self);
/* No process known to us lives. Then looks for others that still map the ring (forked, silent so
 * far) and watches those: true only if there is none. */
bool watch_all_ended(struct watch *watch);
/* Those that live, by index. */
size_t watch_count(const struct watch *watch);
uint32_t watch_pid(const struct watch *watch, size_t index);
/* For ring_reclaim: whether a thread that holds a chunk lives. */
bool watch_thread_alive(uint32_t tid);

#endif
