/* Which descriptors of this process are connections to be recorded.
 *
 * One byte per descriptor answers the question every read and write asks. Descriptors from FDS_MAX
 * on are never tracked. Threads that race for one descriptor race in the service too: plain stores.
 * A forked child inherits the table with the descriptors. */
#ifndef APMSHIM_SHIM_FDS_H
#define APMSHIM_SHIM_FDS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "wire/record.h"

enum { FDS_MAX = 65536 };

/* A candidate is a connection of the service's own whose first bytes will say whether it is to be
 * recorded; nothing else is known of it. */
enum fd_class { FD_UNTRACKED, FD_LISTENER, FD_SERVER, FD_CLIENT, FD_CANDIDATE };

extern uint8_t fd_classes[FDS_MAX];

/* A descriptor whose bytes are recorded. */
static inline bool fd_tracked(int fd)
{
    return (unsigned)fd < FDS_MAX && fd_classes[fd];
}

/* Starts tracking; the socket's kernel cookie names the connection. Returns it, 0 if it cannot be
 * had (then the descriptor stays untracked). */
uint64_t fd_track(int fd, enum fd_class class);
uint64_t fd_cookie(int fd);
void fd_consider(int fd);
/* `to` is now the same file as `from`. */
void fd_copy(int from, int to);
/* Forgets a descriptor that is about to be closed or replaced; writes the close record if it was
 * this process' last one. Nothing in a vforked child, whose table is its parent's. */
void fd_forget(int fd);
void fd_forget_range(unsigned first, unsigned last);

/* Records bytes that passed: the gathered first and last bytes of total. time: see struct rec_run.
 */
void fd_record_run(int fd, enum record_type type, const struct iovec *iov, int count,
    uint64_t total, unsigned flags, uint64_t time, uint64_t elapsed);

#endif
