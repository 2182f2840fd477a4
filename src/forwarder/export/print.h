/* Readable traces: each finished transaction as a waterfall. */
#ifndef APMSHIM_EXPORT_PRINT_H
#define APMSHIM_EXPORT_PRINT_H

#include <stdbool.h>
#include "options.h"
#include "trace/model.h"

/* Writes to options->print. False: logged, nothing was opened. */
bool print_open(const struct options *options, struct sink *ret_sink);

#endif
