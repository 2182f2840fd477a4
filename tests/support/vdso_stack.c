/* Issues a statement from a signal handler that interrupts the kernel's vdso. */
#define _GNU_SOURCE
#include <elf.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static PGconn *conn;
static volatile sig_atomic_t done;

static void handler(int number, siginfo_t *info, void *context)
{
    const ucontext_t *interrupted = context;
    uintptr_t at = (uintptr_t)interrupted->uc_mcontext.gregs[REG_RIP];
    const Elf64_Ehdr *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
    if (!done && at - (uintptr_t)vdso < vdso->e_shoff) {
        PQclear(PQexec(conn, "select 'vdso'"));
        done = 1;
    }
    (void)number, (void)info;
}

int main(void)
{
    const struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    struct timespec now;
    conn = PQconnectdb("host=/nonexistent");
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (time_t limit = time(NULL) + 20; !done && time(NULL) < limit;)
        clock_gettime(CLOCK_MONOTONIC, &now);
    return !done;
}
