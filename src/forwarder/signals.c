#include "signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { KERNEL_SIGNALS = 64 };

static _Atomic uint64_t terminated_at;

uint64_t signals_terminated_at(void)
{
    return atomic_load(&terminated_at);
}

static void on_term(int number)
{
    struct timespec t;
    uint64_t never = 0;
    (void)number;
    clock_gettime(CLOCK_MONOTONIC, &t);
    atomic_compare_exchange_strong(
        &terminated_at, &never, (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec);
}

/* By the kernel's own call: libc keeps two signals for itself, and refuses to have them ignored. */
static void ignore(int number)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } now, ignored = {.handler = SIG_IGN};
    /* A handler is a sanitizer's. */
    bool ours = syscall(SYS_rt_sigaction, number, NULL, &now, sizeof now.mask) == 0 &&
                now.handler == SIG_DFL;
    if (ours)
        syscall(SYS_rt_sigaction, number, &ignored, NULL, sizeof ignored.mask);
}

/* Where a fault is our own, the kernel ends us although its signal is ignored, and so does abort.
 */
void signals_outlive(void)
{
    struct sigaction term = {.sa_handler = on_term, .sa_flags = SA_RESTART};
    sigset_t none;
    for (int number = 1; number <= KERNEL_SIGNALS; number++)
        if (number != SIGCHLD && number != SIGTERM) /* children are waited for */
            ignore(number);
    sigaction(SIGTERM, &term, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
