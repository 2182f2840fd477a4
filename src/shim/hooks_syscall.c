/* System calls made by number, which libc's own function of that name passes on: some runtimes
 * close and accept so, on purpose without libc's cancellation. What is not of interest goes on as a
 * jump. */
#include "hooks.h"

#include <linux/close_range.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <sys/syscall.h>

#include "caller.h"
#include "connections.h"
#include "fds.h"
#include "probe.h"
#include "recorder.h"
#include "sending.h"

static void accepted(int listener, long fd)
{
    if (fd >= 0)
        connection_accepted(listener, (int)fd);
}

static void replaces(long from, long to)
{
    if (from != to && fd_tracked((int)to))
        fd_forget((int)to);
}

static void copied(long from, long to)
{
    if (to >= 0 && from != to)
        fd_copy((int)from, (int)to);
}

/* What has to be known before the call. */
static void before(long number, long a, long b, long c, long d)
{
    switch (number) {
    case SYS_close:
        fd_forget((int)a);
        break;
    case SYS_close_range:
        if (!(c & CLOSE_RANGE_CLOEXEC))
            fd_forget_range((unsigned)a, (unsigned)b);
        break;
#ifdef SYS_dup2
    case SYS_dup2:
#endif
    case SYS_dup3:
        replaces(a, b);
        break;
    case SYS_munmap:
        caller_unmapped((void *)a, (size_t)b);
        break;
    case SYS_prctl:
        if (a == PR_SET_SECCOMP)
            caller_lock_in();
        break;
    case SYS_seccomp:
        caller_lock_in();
        break;
    case SYS_mmap: /* where, is seen by a call with all of its words */
        if (!(d & MAP_ANONYMOUS))
            caller_maps_files_unseen();
        break;
    case SYS_io_uring_setup:
        fd_distrust();
        break;
    default:
        break;
    }
}

/* What it has done. */
static void after(long number, long a, long result)
{
    switch (number) {
    case SYS_accept:
    case SYS_accept4:
        accepted((int)a, result);
        break;
    case SYS_dup:
#ifdef SYS_dup2
    case SYS_dup2:
#endif
    case SYS_dup3:
        copied(a, result);
        break;
#ifdef SYS_open
    case SYS_open:
#endif
    case SYS_openat:
    case SYS_socket:
        if (fd_tracked((int)result))
            fd_replaced((int)result);
        break;
    default:
        break;
    }
}

static bool makes_a_descriptor(long number)
{
    switch (number) {
#ifdef __x86_64__ /* newer machines lack the older calls */
    case SYS_dup2:
    case SYS_open:
#endif
    case SYS_accept:
    case SYS_accept4:
    case SYS_dup:
    case SYS_dup3:
    case SYS_openat:
    case SYS_socket:
        return true;
    default:
        return false;
    }
}

enum moves { MOVES_NOTHING, MOVES_IN, MOVES_OUT };

/* Without an address, whose length would be the word that may be on the caller's stack. */
static enum moves moves_bytes(long number, long address)
{
    switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_recvmsg:
        return MOVES_IN;
    case SYS_recvfrom:
        return address ? MOVES_NOTHING : MOVES_IN;
    case SYS_write:
    case SYS_writev:
    case SYS_sendmsg:
        return MOVES_OUT;
    case SYS_sendto:
        return address ? MOVES_NOTHING : MOVES_OUT;
    default:
        return MOVES_NOTHING;
    }
}

typedef long seven_words(long, long, long, long, long, long, long);

static long receives(long number, int fd, long b, long c, long d)
{
    seven_words *call = (seven_words *)(void *)real.syscall;
    struct vector vector;
    switch (number) {
    case SYS_readv:
        receiving_vector(&vector, (const struct iovec *)b, c < 0 ? 0 : (size_t)c);
        return received_vector(fd, &vector, call(number, fd, b, c, d, 0, 0), 0);
    case SYS_recvmsg:
        receiving_message(&vector, (const struct msghdr *)b);
        return received_vector(fd, &vector, call(number, fd, b, c, d, 0, 0), (int)c);
    default:
        return receiving_done(fd, (void *)b, (size_t)c, call(number, fd, b, c, d, 0, 0),
            number == SYS_read ? 0 : (int)d);
    }
}

static long sends(long number, int fd, long b, long c, long d)
{
    seven_words *call = (seven_words *)(void *)real.syscall;
    struct sending sending;
    if (number == SYS_writev)
        sending_vector(&sending, fd, (const struct iovec *)b, (int)c);
    else if (number == SYS_sendmsg)
        sending_message(&sending, fd, (const struct msghdr *)b);
    else
        sending_flat(&sending, fd, (const void *)b, (size_t)c);
    return sending_done(&sending, fd, call(number, fd, b, c, d, 0, 0));
}

/* Before libc's function is known; errno may be out of reach. */
static long early SYSCALL_PARAMS
{
    long result = sys_call6(number, a, b, c, d, e, 0);
    return result < 0 && result > -PAGE ? -1 : result;
}

long wrap_syscall SYSCALL_PARAMS
{
    if (unlikely(!real.syscall))
        return early SYSCALL_ARGS;
    enum moves moves = unlikely(fd_tracked((int)a)) ? moves_bytes(number, e) : MOVES_NOTHING;
    if (unlikely(moves) && fd_is_still((int)a))
        return moves == MOVES_IN ? receives(number, (int)a, b, c, d)
                                 : sends(number, (int)a, b, c, d);
    before(number, a, b, c, d);
    if (likely(!makes_a_descriptor(number)))
        return real.syscall SYSCALL_ARGS;
    long result = real.syscall SYSCALL_ARGS;
    after(number, a, result);
    return result;
}
