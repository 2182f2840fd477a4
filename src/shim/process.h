/* What the ring is told of this process: who it is, whom it came from, how it ended. */
#ifndef APMSHIM_SHIM_PROCESS_H
#define APMSHIM_SHIM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* APMSHIM_DISABLE is true, or ELASTIC_APM_ENABLED or ELASTIC_APM_RECORDING false. */
bool process_switched_off(void);
/* A listening socket was left to this program: by an older nginx, by systemd (sd_listen_fds(3)), or
 * by itself, if it is a server that has executed itself anew. It may never call listen itself. */
bool process_inherits_listener(void);
void process_remember(void);
/* The program has given itself a seccomp filter since its start: what it may do there is unknown,
 * and may be death. (One that was there before let it be executed.) */
bool process_locked_itself_in(void);
/* Tracing begins: from now on the exit status is recorded. */
void process_started(uint32_t pid);
/* This is a forked child of the process that was told last. */
void process_renewed(uint32_t pid);
/* In a forked child, before anything else is recorded there. */
void process_forked(uint32_t parent_thread, uint64_t time);
/* Writes the process record. Between recorder_enter and recorder_leave. */
void process_announce(void);
/* The process is about to end; in a container's pid 1 waits, bounded, until all was read. */
void process_ending(int status);

#endif
