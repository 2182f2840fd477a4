/* Readable traces: each finished transaction as a waterfall, a moment after it has ended. */
#ifndef APMSHIM_EXPORT_PRINT_H
#define APMSHIM_EXPORT_PRINT_H

#include <stdbool.h>
#include "options.h"
#include "trace/model.h"

/* Writes to options->print. Borrows options and metadata until finish. False: logged, nothing was
 * opened. */
void print_open(
    const struct options *options, const struct metadata *metadata, struct sink *ret_sink);

#endif
