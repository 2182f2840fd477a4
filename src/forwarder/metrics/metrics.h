/* What the machine, the service's processes and the recorder's ring are doing, as metrics every
 * metrics_interval (names and units: Elastic's agent specification, metrics.md). */
#ifndef APMSHIM_METRICS_H
#define APMSHIM_METRICS_H

#include <stdint.h>
#include "options.h"
#include "trace/model.h"
#include "watch.h"
#include "wire/ring.h"

struct metrics;

/* Borrows all its arguments. */
struct metrics *metrics_new(const struct options *options, const struct sink *sink,
    const struct ring *ring, const struct watch *watch);
/* Sends what is due; true if it did. now_ns: CLOCK_MONOTONIC. */
bool metrics_tick(struct metrics *metrics, uint64_t now_ns);
/* Sends what has come together since, and frees it. */
void metrics_finish(struct metrics *metrics);

#endif
