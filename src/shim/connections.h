/* Connections that begin: accepted, passed, made. */
#ifndef APMSHIM_SHIM_CONNECTIONS_H
#define APMSHIM_SHIM_CONNECTIONS_H

#include <stdint.h>
#include <sys/socket.h>

/* Follows a connection whose descriptor the service has just received. */
void connection_accepted(int listener, int fd);
/* Those that came with a message. */
void connection_passed(struct msghdr *message);
/* The service's own, which speaks PostgreSQL's protocol, has sent its first bytes: it is followed
 * from now on. time: before the call. */
void connection_made(int fd, uint64_t time);

#endif
