/* Which descriptors of this process are connections to be recorded.
 *
 * One byte per descriptor answers the question every read and write asks. Descriptors from FDS_MAX
 * on are never tracked. Threads that race for one descriptor race in the service too: plain stores.
 * A forked child inherits the table with the descriptors. */
#ifndef APMSHIM_SHIM_FDS_H
#define APMSHIM_SHIM_FDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "tls_hello.h"
#include "wire/record.h"

enum { FDS_MAX = 65536 };

enum fd_class {
    FD_UNTRACKED,
    FD_INHERITED, /* standard input is a connection: recorded once the process reads from it */
    FD_LISTENER,
    FD_SERVER,
    FD_CLIENT,
    FD_CANDIDATE, /* the service's own connection, whose first bytes will say whether it is recorded
                   */
};

/* What stdio does with a descriptor. */
struct fd_stream {
    FILE *output;         /* holds bytes that are to be sent */
    const char *read_end; /* of the bytes that it was last seen to have read */
    bool wrote;           /* last */
};

extern uint8_t fd_classes[FDS_MAX];

/* A descriptor that hooks have to look at. */
static inline bool fd_tracked(int fd)
{
    return (unsigned)fd < FDS_MAX && fd_classes[fd] > FD_INHERITED;
}

/* The same without listening sockets and candidates, of which no bytes are. */
static inline bool fd_recorded(int fd)
{
    return (unsigned)fd < FDS_MAX && (fd_classes[fd] == FD_SERVER || fd_classes[fd] == FD_CLIENT);
}

static inline bool fd_inherited(int fd)
{
    return fd == 0 && fd_classes[0] == FD_INHERITED;
}

/* Starts tracking; the socket's kernel cookie names the connection. Returns it, 0 if it cannot be
 * had (then the descriptor stays untracked). */
uint64_t fd_track(int fd, enum fd_class class);
uint64_t fd_cookie(int fd);
/* Of what the number meant last, also if that was closed; 0: never recorded. */
uint64_t fd_last_cookie(int fd);
/* The socket's cookie, 0 if it is none. */
uint64_t fd_ask_cookie(int fd);
/* Of a tracked descriptor. */
struct fd_stream *fd_stream(int fd);
/* Calls back for each tracked descriptor with a stream that holds output. */
void fd_each_output(void (*visit)(FILE *output));
/* Makes it a candidate, unless it is something else already. */
void fd_consider(int fd);
/* `to` is now the same file as `from`. */
void fd_copy(int from, int to);
/* Forgets a descriptor that is about to be closed or replaced; writes the close record if it was
 * this process' last one. Nothing in a vforked child, whose table is its parent's. */
void fd_forget(int fd);
void fd_forget_range(unsigned first, unsigned last);

/* The number is another descriptor's now, and nobody has told of its end. From then on the kernel
 * is asked what the numbers of this process are. */
void fd_replaced(int fd);
/* Before bytes are taken by a call that may as well move a file's: whether the number is still the
 * recorded connection's. */
bool fd_is_still(int fd);
/* Descriptors may be closed by ways that are not ours to see (io_uring). */
void fd_distrust(void);

/* TLS connections are told apart by the random bytes in their ClientHello. */
enum fd_end { END_SERVER, END_CLIENT, END_UNKNOWN /* either */ };
bool fd_has_hello(int fd, const struct tls_random *random, enum fd_end end);
/* -1: none. Looks at every descriptor there is. */
int fd_of_hello(const struct tls_random *random, enum fd_end end);
/* How many have been seen. */
uint32_t fd_hellos(enum fd_end end);

#endif
