/* Records in, events out: which request a thread works for, what a statement belonged to.
 *
 * Deterministic: the same records give the same events, but for the ids. Single-threaded. Records
 * are hostile in their values, though valid in their lengths (record_valid); memory is bounded by
 * what the traced processes really hold open. */
#ifndef APMSHIM_TRACER_H
#define APMSHIM_TRACER_H

#include <stdbool.h>
#include <stdint.h>
#include "options.h"
#include "recording.h"
#include "trace/model.h"

struct tracer;

/* realtime_offset: nanoseconds from a record's time to the time since the epoch. */
struct tracer *tracer_new(
    const struct options *options, const struct sink *sink, uint64_t realtime_offset);
void tracer_set_realtime_offset(struct tracer *tracer, uint64_t realtime_offset);

/* Records in the order of their time; one thread's in the order in which it wrote them. */
void tracer_record(struct tracer *tracer, const struct writer *writer, const struct record *record);
/* A process was seen to have ended, after its last record. */
void tracer_process_ended(struct tracer *tracer, uint32_t pid, uint64_t time);
/* The service moves bytes in a way that nobody can see. */
void tracer_io_uring_used(struct tracer *tracer);
/* Time passes also without records: sends transactions that have ended. */
void tracer_tick(struct tracer *tracer, uint64_t time);
/* Sends all transactions that have ended, also those that something may yet be added to. */
void transactions_flush(struct tracer *tracer);
/* Sends the metrics that were summed up since the last call. */
void tracer_send_metrics(struct tracer *tracer);
/* Ends everything still open and frees the tracer; the sink stays the caller's. */
void tracer_finish(struct tracer *tracer);

#endif
