/* Bytes that the service has sent by ways that are not interposed. The kernel counts what was sent;
 * it is asked only where something seems to be missing: when a request comes, or the connection
 * ends, and nothing was seen that answers what came before. The forwarder knows what all processes
 * have told of, and so what is missing. */
#ifndef APMSHIM_SHIM_UNSEEN_H
#define APMSHIM_SHIM_UNSEEN_H

#include "runs.h"

/* Before bytes are recorded that a service's connection has received. If the kernel is asked their
 * time becomes a later one. */
void unseen_before(int fd, struct passed *received);
/* Before a connection ends. */
void unseen_at_end(int fd);
/* Before the process does. */
void unseen_at_exit(void);
/* In a forked child. */
void unseen_forked(void);

#endif
