/* Variables that look like options and are none of ours. */
#ifndef APMSHIM_OPTIONS_OTHERS_H
#define APMSHIM_OPTIONS_OTHERS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"

/* Appends a line for each variable "ELASTIC_APM_…" and "APMSHIM_…" whose name is not ours: an
 * option of other agents, or none that is known, as where it is misspelt. Values are not looked
 * at. */
void options_name_others(
    char *const *environment, bool (*is_ours)(const char *name, size_t len), struct buf *lines);

#endif
