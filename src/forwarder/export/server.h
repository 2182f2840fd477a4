/* Lines sent to an Elastic APM Server by a thread of its own. */
#ifndef APMSHIM_EXPORT_SERVER_H
#define APMSHIM_EXPORT_SERVER_H

#include <stdbool.h>
#include "export/lines.h"
#include "options.h"

/* Borrows both arguments. False: logged; a server that is not there is no reason for it. */
bool server_open(
    const struct options *options, const struct metadata *metadata, struct line_writer *ret_writer);

#endif
