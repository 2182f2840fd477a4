/* From the ring to the tracer: records of all threads in the order of their time, and the ends of
 * processes behind their last records. Single-threaded. */
#ifndef APMSHIM_DRAIN_H
#define APMSHIM_DRAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "collect.h"
#include "trace/tracer.h"

struct drain;

/* owner_pid: the process that made the ring. recording: NULL, or where each record is copied to.
 * Borrows all its arguments. */
struct drain *drain_new(struct collector *collector, uint32_t owner_pid, struct tracer *tracer,
    struct recording *recording);
/* Takes what was collected and hands over what is older than the hold-back; all of it if
 * everything. Returns the bytes taken. */
size_t drain_pass(struct drain *drain, uint64_t now, bool everything);
/* The process has ended; its records are in the ring or were taken already. */
void drain_process_ended(struct drain *drain, uint32_t pid, uint64_t now);
void drain_free(struct drain *drain);

/* Calls back for every process that appears in a record for the first time. */
void drain_on_process(struct drain *drain, void (*seen)(void *self, uint32_t pid), void *self);
/* The first process record of the ring's owner, once it was taken; NULL before. */
const struct rec_process *drain_owner(const struct drain *drain);

#endif
