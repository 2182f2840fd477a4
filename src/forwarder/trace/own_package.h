/* Which installed package is the service's own: the one that holds what it was started for. */
#ifndef APMSHIM_TRACE_OWN_PACKAGE_H
#define APMSHIM_TRACE_OWN_PACKAGE_H

#include "program.h"

/* Of the application that a server serves, of the module, or of the script; that of a command,
 * "/usr/bin/trytond", is the one that it imports. NULL: none, or a framework's. working: the folder
 * it was started in. */
const char *own_package(struct arena *arena, const struct program *program, const char *working);

#endif
