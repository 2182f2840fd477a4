/* What the service's manager sends to all of its processes is sent to the forwarder as well, which
 * must outlive them to tell what they did: it ignores whatever can be ignored. */
#ifndef APMSHIM_SIGNALS_H
#define APMSHIM_SIGNALS_H

#include <stdint.h>

/* Before any thread or child is made; both share what is set here. The recorder starts us with all
 * signals blocked, so that none comes too early. */
void signals_outlive(void);
/* ns of the monotonic clock when SIGTERM came, the first time; 0: it did not. Any thread. */
uint64_t signals_terminated_at(void);

#endif
