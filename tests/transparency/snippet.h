/* What a snippet is written with. A snippet defines `int snippet(void)`, does a few calls of one
 * interposed function and prints whatever a program could see of them; the harness runs it with and
 * without the recorder, in every context, and compares.
 *
 * Rules: large buffers are static (a context may run on a small stack), nothing depends on time,
 * and no pid, port or address is printed. */
#ifndef TRANSPARENCY_SNIPPET_H
#define TRANSPARENCY_SNIPPET_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int snippet(void);

/* No call that succeeds may touch errno; this one is no system call's. */
enum { ERRNO_BEFORE = 4242 };

/* Prints a call with its result and errno, and returns the result. */
#define SHOW(call)                                                                                 \
    ({                                                                                             \
        errno = ERRNO_BEFORE;                                                                      \
        long shown_ = (long)(call);                                                                \
        show_result(#call, shown_, errno);                                                         \
        shown_;                                                                                    \
    })
#define SHOW_VOID(call)                                                                            \
    ({                                                                                             \
        errno = ERRNO_BEFORE;                                                                      \
        call;                                                                                      \
        show_result(#call, 0, errno);                                                              \
    })
void show_result(const char *call, long result, int error);
void show_bytes(const char *what, const void *data, size_t len);

/* A listener and a connection that was really accepted from it, so that the server side is
 * recorded. TCP over loopback; or a stream over an abstract AF_UNIX address. No cancellation
 * point. */
struct pair {
    int listener, client, server;
};
struct pair pair_tcp(void);
struct pair pair_unix(void);
void pair_close(const struct pair *pair);
int listener_tcp(void);
/* A client connected to this listener. */
int client_of(int listener);

/* From the client's side and by raw system calls: data that has arrived when this returns. */
void client_sends(const struct pair *pair, const char *text);
/* Reads what the server sent, shows it. */
void client_shows(const struct pair *pair);
/* Until the descriptor is readable; bounded. */
void await_input(int fd);

/* A signal to this very thread after some milliseconds; its handler counts, and sends `text` to the
 * server if there is one. With SA_RESTART in `flags` an interrupted call goes on. */
void alarm_in(int milliseconds, int flags, const struct pair *pair, const char *text);
void alarm_show(void);

/* A pointer that no call can use. */
#define BAD_POINTER ((void *)(uintptr_t)8)

void set_timeout(int fd, int option, int milliseconds);
void set_nonblocking(int fd);
/* The same, and what is written leaves at once. */
void set_unwaiting(int fd);
void set_buffer(int fd, int option, int bytes);

#endif
