/* The forwarder, which is not our child and may start at any time, writes to a FIFO. The command
 * stays in our process group: what the terminal sends reaches it without us, and only signals that
 * a process sent to us are passed on. */
#include "printing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "export/print_output.h"
#include "launch.h"
#include "proc.h"

enum {
    POLL_MS = 50,
    LAST_WAIT_MS = 12000, /* for the forwarder, once the command has ended; it takes up to 10 s */
};

static const char print_variable[] = "APMSHIM_PRINT";

struct printing {
    struct arena arena;
    char *folder, *path;
    int fifo, signals, out;
    sigset_t watched, before;
    pid_t child;
    int status;
    bool ended, hurried; /* hurried: a signal came while only the traces were waited for */
};

/* Only root's service can become another user's: then the FIFO is open to all who know its name,
 * which is drawn by lot in a folder that nobody else can list. */
static bool open_fifo(struct printing *p)
{
    const char *temporary = getenv("TMPDIR");
    p->folder =
        arena_printf(&p->arena, "%s/apmshim-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(p->folder))
        return false;
    uint64_t lot[2];
    bool root = geteuid() == 0;
    if (getrandom(lot, sizeof lot, 0) != sizeof lot)
        return false;
    p->path = arena_printf(&p->arena, "%s/%016" PRIx64 "%016" PRIx64, p->folder, lot[0], lot[1]);
    if (mkfifo(p->path, 0600) == 0 &&
        (!root || (chmod(p->folder, 0711) == 0 && chmod(p->path, 0622) == 0)))
        p->fifo = open(p->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return p->fifo >= 0;
}

static void close_fifo(struct printing *p)
{
    if (p->fifo >= 0)
        close(p->fifo);
    if (p->path)
        unlink(p->path);
    rmdir(p->folder);
}

static void write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

/* Whether anything came. A writer's end would be reported until the FIFO is opened afresh; what is
 * in it stays in it as long as one descriptor is open. */
static bool copy_traces(struct printing *p)
{
    char buffer[16384];
    bool any = false;
    ssize_t n;
    while ((n = read(p->fifo, buffer, sizeof buffer)) > 0) {
        write_all(p->out, buffer, (size_t)n);
        any = true;
    }
    if (n == 0) {
        int fresh = open(p->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        close(p->fifo);
        p->fifo = fresh; /* -1, somebody removed it: poll passes over it */
    }
    return any;
}

static bool watch_signals(struct printing *p)
{
    static const int numbers[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    sigemptyset(&p->watched);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&p->watched, numbers[i]);
    sigprocmask(SIG_BLOCK, &p->watched, &p->before);
    p->signals = signalfd(-1, &p->watched, SFD_CLOEXEC | SFD_NONBLOCK);
    return p->signals >= 0;
}

static void take_signals(struct printing *p)
{
    struct signalfd_siginfo info;
    while (read(p->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            p->ended |= waitpid(p->child, &p->status, WNOHANG) == p->child;
        else if (p->ended)
            p->hurried = true;
        else if (info.ssi_code != SI_KERNEL) /* the terminal has told the command already */
            kill(p->child, (int)info.ssi_signo);
    }
}

static void wait_and_copy(struct printing *p, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = p->signals, .events = POLLIN}, {.fd = p->fifo, .events = POLLIN}};
    if (poll(fds, 2, timeout_ms) < 0)
        return;
    if (fds[0].revents)
        take_signals(p);
    if (fds[1].revents)
        copy_traces(p);
}

static bool is_forwarder_name(const char *name)
{
    return name && strncmp(name, "apmshim-forward", 15) == 0; /* the kernel keeps 15 bytes */
}

/* The environment is asked for last: an exec may end while we look. */
static bool is_in_exec(struct arena *scratch, pid_t pid)
{
    const char *exe = proc_link(scratch, pid, "exe");
    const char *base = exe ? strrchr(exe, '/') : NULL;
    return base && (!is_forwarder_name(base + 1) || !proc_has_environment(pid));
}

/* One that is in its exec still may be ours. It has its name from before that. */
static bool forwards_to_us(void *self, pid_t pid)
{
    struct printing *p = self;
    struct arena scratch = {0};
    bool does = false;
    if (is_forwarder_name(proc_read(&scratch, pid, "comm").data)) {
        bool in_exec = is_in_exec(&scratch, pid);
        struct bytes environment = proc_read(&scratch, pid, "environ");
        const char *path = proc_variable(environment, print_variable);
        does = in_exec ? environment.data != NULL : path && strcmp(path, p->path) == 0;
    }
    arena_free(&scratch);
    return does;
}

/* A forwarder exists before the command has made its first connection, and lives until it has
 * written everything; that of a daemon lives on. */
static void wait_for_last_traces(struct printing *p)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t until = now.tv_sec * INT64_C(1000) + LAST_WAIT_MS + now.tv_nsec / 1000000;
    while (!p->hurried && proc_find(forwards_to_us, p)) {
        wait_and_copy(p, POLL_MS);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000 < until)
            continue;
        complain("the service lives on in the background: its traces are no longer shown");
        break;
    }
    copy_traces(p);
}

/* Dies as the command died, but leaves no second core file. */
static void end_by_signal(struct printing *p, int number)
{
    struct rlimit no_core = {0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &p->before, NULL);
    raise(number);
}

static int watch_child(struct printing *p)
{
    while (!p->ended)
        wait_and_copy(p, -1);
    wait_for_last_traces(p);
    close_fifo(p);
    close(p->signals);
    arena_free(&p->arena);
    if (WIFSIGNALED(p->status)) {
        end_by_signal(p, WTERMSIG(p->status));
        return 128 + WTERMSIG(p->status);
    }
    return WEXITSTATUS(p->status);
}

/* The forwarder, which sees a FIFO, writes for the terminal behind it. */
static void set_look(int out)
{
    char width[16];
    struct look look = terminal_look(out);
    snprintf(width, sizeof width, "%d", look.width);
    if (look.width)
        setenv("APMSHIM_PRINT_WIDTH", width, 0);
    if (look.color)
        setenv("APMSHIM_PRINT_COLOR", "always", 0);
}

int printing_run(char **command, int out)
{
    struct printing p = {.fifo = -1, .signals = -1, .out = out};
    if (!open_fifo(&p) || !watch_signals(&p)) {
        complain("cannot make %s: %s", p.path ? p.path : p.folder, strerror(errno));
        close_fifo(&p);
        arena_free(&p.arena);
        return EXIT_NOT_EXECUTABLE;
    }
    setenv(print_variable, p.path, 1);
    set_look(out);
    p.child = fork();
    if (p.child == 0) {
        sigprocmask(SIG_SETMASK, &p.before, NULL);
        _exit(launch_exec(command));
    }
    if (p.child < 0) {
        complain("cannot fork: %s", strerror(errno));
        p.status = EXIT_NOT_EXECUTABLE << 8;
        p.ended = true;
    }
    return watch_child(&p);
}
