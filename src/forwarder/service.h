/* The forwarder's life: reads one ring until the last process that may write to it has ended. */
#ifndef APMSHIM_SERVICE_H
#define APMSHIM_SERVICE_H

/* Maps the ring behind this descriptor and works until all is done. Returns an exit status. */
int service_run(int ring_fd);

#endif
