#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "server.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define KILL SECCOMP_RET_KILL_PROCESS
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
/* The accumulator holds the call's number. */
#define IF_CALL(number, action) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), RETURN(action)

static void install(struct sock_filter *filter, size_t length)
{
    struct sock_fprog program = {(unsigned short)length, filter};
    need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    need(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

void sandbox_refuse_memory_files(void)
{
    struct sock_filter filter[] = {
        LOAD(nr), IF_CALL(SYS_memfd_create, REFUSE), RETURN(SECCOMP_RET_ALLOW)};
    install(filter, LENGTH(filter));
}

void sandbox_refuse_programs(void)
{
    struct sock_filter filter[] = {LOAD(nr), IF_CALL(SYS_execve, REFUSE),
        IF_CALL(SYS_execveat, REFUSE), RETURN(SECCOMP_RET_ALLOW)};
    install(filter, LENGTH(filter));
}

/* clone3's flags are out of reach: ENOSYS makes libc use clone. */
void sandbox_kill_on_new_processes(void)
{
    struct sock_filter filter[] = {LOAD(nr),
#ifdef SYS_fork
        IF_CALL(SYS_fork, KILL), IF_CALL(SYS_vfork, KILL), IF_CALL(SYS_open, KILL),
#endif
        IF_CALL(SYS_execve, KILL), IF_CALL(SYS_execveat, KILL), IF_CALL(SYS_memfd_create, KILL),
        IF_CALL(SYS_openat, KILL), IF_CALL(SYS_connect, KILL), IF_CALL(SYS_readlinkat, KILL),
        IF_CALL(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3), LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0), RETURN(KILL),
        RETURN(SECCOMP_RET_ALLOW)};
    install(filter, LENGTH(filter));
}

void sandbox_read_and_write_only(void)
{
    static const unsigned allowed[] = {SYS_brk, SYS_clock_gettime, SYS_close, SYS_exit,
        SYS_exit_group, SYS_futex, SYS_getpgid, SYS_getpid, SYS_getrandom, SYS_gettid,
        SYS_gettimeofday, SYS_getuid, SYS_madvise, SYS_mmap, SYS_mremap, SYS_munmap, SYS_nanosleep,
        SYS_clock_nanosleep, SYS_ppoll, SYS_pselect6, SYS_read, SYS_rt_sigprocmask, SYS_shutdown,
        SYS_write};
    struct sock_filter filter[2 * LENGTH(allowed) + 2] = {LOAD(nr)};
    for (size_t i = 0; i < LENGTH(allowed); i++) {
        filter[1 + 2 * i] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
        filter[2 + 2 * i] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
    }
    filter[LENGTH(filter) - 1] = (struct sock_filter)RETURN(KILL);
    install(filter, LENGTH(filter));
}
