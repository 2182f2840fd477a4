/* What a Node.js application is called. */
#ifndef APMSHIM_NODE_PACKAGE_H
#define APMSHIM_NODE_PACKAGE_H

#include "base/arena.h"

/* The name in the nearest package.json at or above the script, of the working folder's where the
 * script is an installed tool; NULL: there is none. folder: NULL, or where the service was
 * started. */
const char *node_package_name(struct arena *arena, const char *script, const char *folder);

#endif
