/* The process record, the exit record, and pid 1's last wait. */
#include "process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#include "hooks.h"
#include "recorder.h"
#include "sys.h"

enum { ARGV_MAX = 4096, PATH_BYTES_MAX = 1024, FLUSH_WAIT_MS = 2000, LISTEN_FDS_START = 3 };

static int saved_argc;
static char **saved_argv;
static long filtered; /* seccomp's mode at the start; negative: it can't be asked */
static bool was_forked, has_ended;
static uint32_t forked_by;
static uint64_t forked_at;
static char exe[PATH_BYTES_MAX], folder[PATH_BYTES_MAX];
static size_t exe_len, folder_len;
static uint32_t own_pid, parent_pid; /* as of the last process_is */

static const char *variable(char **envp, const char *name)
{
    size_t len = strlen(name);
    for (; envp && *envp; envp++)
        if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
            return *envp + len + 1;
    return NULL;
}

bool process_switched_off(char **envp)
{
    const char *value = variable(envp, "APMSHIM_DISABLE");
    return value && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
}

static bool is_listening(long fd)
{
    int listening = 0;
    socklen_t len = sizeof listening;
    return sys(SYS_getsockopt, fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

bool process_inherits_listener(char **envp)
{
    const char *pid = variable(envp, "LISTEN_PID"), *count = variable(envp, "LISTEN_FDS");
    const char *nginx = variable(envp, "NGINX");
    if (pid && count && strtol(pid, NULL, 10) == sys(SYS_getpid))
        return strtol(count, NULL, 10) > 0 && is_listening(LISTEN_FDS_START);
    return nginx && *nginx && is_listening(strtol(nginx, NULL, 10));
}

void process_remember(int argc, char **argv)
{
    saved_argc = argc;
    saved_argv = argv;
    filtered = sys(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
}

bool process_locked_itself_in(void)
{
    return sys(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0) != filtered;
}

/* Not every C library has it, and a missing symbol would keep the service from starting. */
extern __typeof__(on_exit) on_exit __attribute__((weak));

static void at_exit(int status, void *unused)
{
    streams_ending();
    process_ending(status);
}

void process_started(uint32_t pid)
{
    long n = sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe, sizeof exe);
    exe_len = n > 0 ? (size_t)n : 0;
    n = sys(SYS_getcwd, folder, sizeof folder);
    /* The length has the NUL; what is outside of the root is told as "(unreachable)…". */
    folder_len = n > 1 && *folder == '/' ? (size_t)n - 1 : 0;
    own_pid = pid;
    parent_pid = (uint32_t)sys(SYS_getppid);
    if (on_exit)
        (void)on_exit(at_exit, NULL);
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

static size_t copy_argv(char *out)
{
    size_t used = 0;
    for (int i = 0; i < saved_argc && saved_argv && saved_argv[i]; i++) {
        size_t n = strlen(saved_argv[i]) + 1;
        if (used + n > ARGV_MAX)
            break;
        memcpy(out + used, saved_argv[i], n);
        used += n;
    }
    return used;
}

/* Written in place: this may be the first call of a thread with a small stack. No system call: a
 * worker may have locked itself in between fork and its first record. */
void process_announce(void)
{
    struct rec_process *r =
        recorder_begin(REC_PROCESS, sizeof *r + exe_len + ARGV_MAX + folder_len, recorder_now());
    if (!r)
        return;
    char *text = (char *)(r + 1);
    memcpy(text, exe, exe_len);
    size_t argv_len = copy_argv(text + exe_len);
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
    if (!recorder_active() || has_ended || recorder_is_borrowed() || !recorder_enter(&guard))
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
