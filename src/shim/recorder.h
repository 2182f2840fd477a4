/* The recorder's state and the few calls that every hook is made of.
 *
 * Nothing here blocks, allocates, or fails towards the service: what cannot be recorded is counted.
 * errno is kept between recorder_enter and recorder_leave. */
#ifndef APMSHIM_SHIM_RECORDER_H
#define APMSHIM_SHIM_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/ring.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define EXPORT __attribute__((visibility("default")))

/* One per thread. */
struct thread {
    struct ring_writer writer;
    uint32_t epoch;          /* of the process it was set up in; another one: set up again */
    struct guard *busy;      /* in our own code: a hook called now is nested (a signal handler's) */
    uintptr_t libpq_frame;   /* != 0: inside a libpq call that the hook of this FRAME_MARK made */
    uintptr_t tls_frame;     /* the same for a TLS library's */
    const void *tls_unbound; /* the session last found to be of no recorded connection … */
    uint32_t tls_hellos;     /* … when there had been so many */
    uint32_t scratch;        /* the last that it held: where to look first */
};

extern _Thread_local struct thread self_thread;

struct guard {
    int saved_errno;
    uintptr_t mark; /* while it stands */
};

/* True while something is recorded in this process. One relaxed load. */
bool recorder_active(void);
/* False once it is certain that nothing will ever be recorded in this process. */
bool recorder_allowed(void);
/* Starts ring and forwarder at the first listen, accepted connection (of a socket that was
 * inherited) or database connection, unless switched off. Cheap when already started. May take
 * milliseconds; keeps errno. */
void recorder_start(void);

/* False: nothing may be recorded here (inactive, or our own code was interrupted: counted). */
bool recorder_enter(struct guard *guard);
void recorder_leave(struct guard *guard);
/* Between enter and leave. A record with type, time and rounded size filled in, or NULL. */
void *recorder_begin(enum record_type type, size_t size, uint64_t time);
void recorder_commit(const void *record);
/* CLOCK_MONOTONIC, from the vdso: other preloads may bend libc's. */
uint64_t recorder_now(void);
struct ring *recorder_ring(void);
/* This process is not the one whose memory this is: a vforked child, which must change nothing. */
bool recorder_is_borrowed(void);

/* For init.c and launch.c. */
void recorder_init(int argc, char **argv, char **envp);
/* Starts where a listening socket was left to this program. */
void recorder_look_around(void);
/* A call that a hook makes, named by the hook's frame: its address, and above that some bits of the
 * return address that lies there, on both processors, in the frame's second word. A frame that was
 * left by an exception, longjmp or cancellation is known by what is written there sooner or later.
 */
#define FRAME_MARK() frame_mark((uintptr_t)__builtin_frame_address(0))
enum { FRAME_ADDRESS_BITS = 48, FRAME_REACH = 1 << 20 };

static inline uintptr_t frame_mark(uintptr_t frame)
{
    uintptr_t word = ((const volatile uintptr_t *)frame)[1];
    return frame | (word ^ word >> 16) << FRAME_ADDRESS_BITS;
}

bool frame_is_intact(uintptr_t mark);

/* Whether what is called now is called within that call: not by a signal handler or a coroutine on
 * a stack above, nor by what an exception has gone back to. */
static inline bool frame_lives(uintptr_t mark)
{
    uintptr_t frame = mark & (((uintptr_t)1 << FRAME_ADDRESS_BITS) - 1);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return unlikely(mark) && frame > here && frame - here < FRAME_REACH && frame_is_intact(mark);
}

/* Whether a libpq call of this thread is under way, so that what is called now is libpq's own
 * doing. */
static inline bool in_libpq(void)
{
    return frame_lives(self_thread.libpq_frame);
}

static inline bool in_tls(void)
{
    return frame_lives(self_thread.tls_frame);
}

#endif
