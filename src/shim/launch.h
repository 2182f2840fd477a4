/* Makes the ring and starts the forwarder, unseen by the service. */
#ifndef APMSHIM_SHIM_LAUNCH_H
#define APMSHIM_SHIM_LAUNCH_H

#include "wire/ring.h"

/* A mapped ring with a forwarder reading it, or NULL when either could not be had. Leaves no
 * descriptor, no child that the service could wait for, and no signal behind. */
struct ring *launch_forwarder(void);

#endif
