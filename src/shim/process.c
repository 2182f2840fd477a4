/* The process record, the exit record, and pid 1's last wait. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "caller.h"
#include "given.h"
#include "hooks.h"
#include "recorder.h"
#include "sys.h"
#include "unseen.h"

enum {
    PATH_BYTES_MAX = 1024,
    FLUSH_WAIT_MS = 2000,
    LISTEN_FDS_START = 3,
    DESCRIPTORS_ASKED = 61,
    SERVER_AGE_MS = 250,
    TICKS_PER_SECOND = 100, /* the kernel's, to programs, on every processor that sys.h knows */
};

static long filtered; /* seccomp's mode at the start; negative: it can't be asked */
static bool was_forked, has_ended, tells_arguments;
static uint32_t forked_by;
static uint64_t forked_at;
static char exe[PATH_BYTES_MAX], folder[PATH_BYTES_MAX];
static size_t exe_len, folder_len;
static uint32_t own_pid, parent_pid; /* as of the last process_is */

static bool is(const char *name, const char *a, const char *b)
{
    const char *value = given_variable(name);
    return value && (strcmp(value, a) == 0 || strcmp(value, b) == 0);
}

bool process_switched_off(void)
{
    return is("APMSHIM_DISABLE", "1", "true") || is("ELASTIC_APM_ENABLED", "0", "false") ||
           is("ELASTIC_APM_RECORDING", "0", "false");
}

/* ---- listening sockets that were left to this program ---- */

static bool is_listening(long fd)
{
    int listening = 0;
    socklen_t len = sizeof listening;
    return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

static bool was_told_of_listener(void)
{
    const char *pid = given_variable("LISTEN_PID"), *fds = given_variable("LISTEN_FDS");
    const char *nginx = given_variable("NGINX");
    if (pid && fds && strtol(pid, NULL, 10) == sys(SYS_getpid))
        return strtol(fds, NULL, 10) > 0 && is_listening(LISTEN_FDS_START);
    return nginx && *nginx && is_listening(strtol(nginx, NULL, 10));
}

/* For how long there has been a process of this number, in ms; 0: it can't be told. The 22nd field
 * of proc(5)'s stat, in ticks since boot; the second ends with the last ')'. */
static __attribute__((noinline)) uint64_t age(void)
{
    char text[512];
    long fd = sys(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);
    long n = fd >= 0 ? sys(SYS_read, fd, text, sizeof text - 1) : 0;
    struct timespec now = {0};
    if (fd >= 0)
        sys(SYS_close, fd);
    text[n > 0 ? n : 0] = '\0';
    const char *field = strrchr(text, ')');
    for (int i = 2; field && i < 22; i++)
        field = strchr(field + 1, ' ');
    if (!field || sys(SYS_clock_gettime, CLOCK_BOOTTIME, &now) < 0)
        return 0;
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t began = strtoull(field, NULL, 10) * 1000 / TICKS_PER_SECOND;
    return ms > began ? ms - began : 0;
}

/* Whether it is the parent's too: a program that a server starts may have been left its sockets by
 * mistake. Where the kernel does not say, such a program is as young as its process, and a server
 * that has executed itself anew is older. */
static bool is_own(int fd)
{
    long parent = sys(SYS_getppid), own = sys(SYS_getpid);
    long order = sys(SYS_kcmp, parent, own, KCMP_FILE, fd, fd);
    if (!parent || order == -EBADF || order > 0)
        return true;
    return order < 0 && age() >= SERVER_AGE_MS;
}

/* Among the first descriptors. One question tells which there are. */
static bool has_listener(void)
{
    struct pollfd fds[DESCRIPTORS_ASKED];
    struct timespec now = {0};
    for (int i = 0; i < DESCRIPTORS_ASKED; i++)
        fds[i] = (struct pollfd){.fd = LISTEN_FDS_START + i};
    if (sys(SYS_ppoll, fds, DESCRIPTORS_ASKED, &now, NULL, 8) < 0)
        return false;
    for (int i = 0; i < DESCRIPTORS_ASKED; i++)
        if (!(fds[i].revents & POLLNVAL) && is_listening(fds[i].fd) && is_own(fds[i].fd))
            return true;
    return false;
}

bool process_inherits_listener(void)
{
    return was_told_of_listener() || (filtered <= 0 && has_listener());
}

/* Not every C library has it, and a missing symbol would keep the service from starting. */
extern __typeof__(on_exit) on_exit __attribute__((weak));

static void at_exit(int status, void *unused)
{
    streams_ending();
    process_ending(status);
}

void process_remember(void)
{
    filtered = sys(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
    if (filtered)
        caller_is_filtered();
    if (on_exit)
        (void)on_exit(at_exit, NULL); /* first, so last to run; glibc needs no memory for it yet */
}

bool process_locked_itself_in(void)
{
    return sys(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != filtered;
}

void process_started(uint32_t pid)
{
    long n = sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe, sizeof exe);
    exe_len = n > 0 ? (size_t)n : 0;
    n = sys(SYS_getcwd, folder, sizeof folder);
    /* The length has the NUL; what is outside of the root is told as "(unreachable)…". */
    folder_len = n > 1 && *folder == '/' ? (size_t)n - 1 : 0;
    tells_arguments = !is("APMSHIM_ARGUMENTS", "0", "false");
    own_pid = pid;
    parent_pid = (uint32_t)sys(SYS_getppid);
}

void process_renewed(uint32_t pid)
{
    parent_pid = own_pid;
    own_pid = pid;
}

void process_forked(uint32_t parent_thread, uint64_t time)
{
    was_forked = true;
    has_ended = false;
    forked_by = parent_thread;
    forked_at = time;
}

/* Written in place: this may be the first call of a thread with a small stack. No system call: a
 * worker may have locked itself in between fork and its first record. */
void process_announce(void)
{
    struct rec_process *r = recorder_begin(
        REC_PROCESS, sizeof *r + exe_len + GIVEN_ARGV_MAX + folder_len, recorder_now());
    if (!r)
        return;
    char *text = (char *)(r + 1);
    memcpy(text, exe, exe_len);
    size_t argv_len = tells_arguments ? given_argv(text + exe_len) : 0;
    memcpy(text + exe_len + argv_len, folder, folder_len);
    r->pid = self_thread.writer.pid;
    r->ppid = parent_pid;
    r->parent_thread = forked_by;
    r->exec_count = !was_forked;
    r->fork_time = forked_at;
    r->exe_len = (uint32_t)exe_len;
    r->argv_len = (uint32_t)argv_len;
    r->folder_len = (uint32_t)folder_len;
    r->reserved = 0;
    r->head.size = (uint32_t)record_round(sizeof *r + exe_len + argv_len + folder_len);
    recorder_commit(r);
}

/* When pid 1 ends, the kernel ends the forwarder with it: what is recorded must be out before. */
static void wait_for_flush(struct ring *ring)
{
    uint64_t until = recorder_now() + FLUSH_WAIT_MS * UINT64_C(1000000);
    uint32_t wanted = atomic_fetch_add(&ring->flush_wanted, 1) + 1;
    struct timespec pause = {.tv_nsec = 5000000};
    while ((int32_t)(atomic_load(&ring->flush_done) - wanted) < 0 && recorder_now() < until)
        sys(SYS_nanosleep, &pause, NULL);
}

void process_ending(int status)
{
    struct guard guard;
    if (!recorder_active() || has_ended || recorder_is_borrowed())
        return;
    unseen_at_exit();
    if (!recorder_enter(&guard))
        return;
    has_ended = true;
    struct rec_exit *r = recorder_begin(REC_EXIT, sizeof *r, recorder_now());
    if (r) {
        r->status = status;
        r->reserved = 0;
        recorder_commit(r);
    }
    if (self_thread.writer.pid == 1)
        wait_for_flush(recorder_ring());
    recorder_leave(&guard);
}
