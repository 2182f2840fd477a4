/* A service that orphans come to has our keeper for a child (src/shim/keeper.h), which only a wait
 * with __WALL or __WCLONE knows. One that waits so until no child is left would wait for the
 * keeper, the keeper for us, and we for the service. */
#ifndef APMSHIM_WAITED_H
#define APMSHIM_WAITED_H

#include <stdbool.h>

/* The service waits for children at this moment and has none but keepers: without us its wait would
 * have failed at once. False where /proc does not tell. */
bool waited_for(void);

#endif
