/* This machine's name as Elastic's agents report it: fully qualified, in lower case. */
#ifndef APMSHIM_HOSTNAME_H
#define APMSHIM_HOSTNAME_H

#include "base/arena.h"

/* NULL: none known. Asks the resolver, but never for longer than a second. */
const char *hostname_detect(struct arena *arena);

#endif
