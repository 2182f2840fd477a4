/* Where the events of one service go: a server, a file, readable traces, or several of them. */
#ifndef APMSHIM_EXPORT_SINKS_H
#define APMSHIM_EXPORT_SINKS_H

#include <stdbool.h>
#include "options.h"
#include "trace/model.h"

/* Fills *sink by what the options ask for. Borrows both arguments until sink->finish. False: a file
 * could not be opened; the reason was logged and *sink takes events to where it can. */
bool sinks_open(
    const struct options *options, const struct metadata *metadata, struct sink *ret_sink);

#endif
