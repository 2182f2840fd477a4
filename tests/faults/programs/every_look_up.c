/* Interrupts a process's first calls after every so many instructions: a signal handler calls
 * libpq, and so does a process that is forked there, as it would be forked by another thread. Each
 * must come back, the interrupted call too. Prints the number of instructions of each case, and
 * what did not end. The argument is how many instructions apart, for all cases. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    HANGS_S = 60,       /* whoever has not come back by then never will */
    EXIT_HANDLERS = 31, /* with those that libc has, just as many as it needs no memory for */
};

static volatile bool is_copy; /* of the victim, where it was interrupted */
static bool forks;            /* the copy */
static int *failures;         /* shared */
static char reason[256];
static PGconn *const conn = (PGconn *)(void *)reason; /* libpq is none here, and looks at none */

/* ---- what is interrupted ---- */

static int listen_anywhere(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return listen(fd, 1);
}

static void connect_first(void)
{
    if (!PQconnectdb(""))
        _exit(2);
}

static void ask_first(void)
{
    if (!PQexec(conn, "select 1"))
        _exit(2);
}

static void start_first(void)
{
    if (listen_anywhere() != 0)
        _exit(2);
}

static void *library;

static void unload(void)
{
    if (!library || dlclose(library) != 0)
        _exit(2);
}

static void allocate(void)
{
    char *few = malloc(24), *many = malloc(1 << 20);
    few = realloc(few, 4000);
    if (!few || !many)
        _exit(2);
    free(many);
    free(few);
}

static const struct victim {
    const char *name;
    bool started;  /* recording goes on already */
    bool threaded; /* so that libc takes its locks; then a copy can't fork */
    void (*act)(void);
    unsigned stride;
} victims[] = {
    {"the start", false, false, start_first, 2003},
    {"an allocation", false, true, allocate, 101},
    {"the first connection", true, false, connect_first, 1801},
    {"the first statement", true, false, ask_first, 499},
    {"unloading", true, false, unload, 997},
};

/* ---- what comes in between ---- */

static void end_unless(bool fine)
{
    if (!fine)
        _exit(3);
}

/* In a forked child, as servers' are. */
static void work(void)
{
    PGconn *own = PQconnectdb("");
    end_unless(PQexec(own, "select 3") != NULL);
    PQfinish(own);
    end_unless(listen_anywhere() == 0);
    _exit(0);
}

static void be_copy(void)
{
    int status = 0;
    is_copy = true;
    alarm(HANGS_S);
    end_unless(PQcancel(NULL, reason, sizeof reason) == 1);
    pid_t pid = forks ? fork() : 0;
    if (forks && pid == 0) {
        alarm(HANGS_S);
        work();
    }
    end_unless(!forks || (waitpid(pid, &status, 0) == pid && status == 0));
    end_unless(listen_anywhere() == 0);
    end_unless(PQexec(conn, "select 2") != NULL);
}

/* The victim itself goes on as if nothing had been: all is tried in a copy of it, made without
 * libc's knowledge. */
static void interrupted(int number)
{
    int status = 0;
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        be_copy();
        return;
    }
    /* One that was about to stop as the victim does at its end stops, and need not. */
    while (syscall(SYS_wait4, pid, &status, WUNTRACED, NULL) < 0 || WIFSTOPPED(status))
        if (WIFSTOPPED(status))
            syscall(SYS_kill, pid, SIGCONT);
    if (status)
        printf("status %#x ", (unsigned)status);
    *failures += status != 0;
    syscall(SYS_kill, getpid(), SIGSTOP);
    (void)number;
}

/* ---- stepping ---- */

static void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void nothing(void)
{
}

static void be_victim(const struct victim *victim)
{
    pthread_t thread;
    forks = !victim->threaded;
    if (victim->threaded && pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
        _exit(2);
    for (int i = 0; i < EXIT_HANDLERS; i++)
        atexit(nothing);
    library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    if (victim->started)
        listen_anywhere();
    syscall(SYS_kill, getpid(), SIGSTOP);
    victim->act();
    if (!is_copy)
        syscall(SYS_kill, getpid(), SIGSTOP);
    _exit(0);
}

/* Lets it go on until it stops for something else than the end of a copy. */
static int go_on(pid_t pid, enum __ptrace_request how, long number)
{
    int status = 0;
    do {
        ptrace(how, pid, NULL, number);
        waitpid(pid, &status, 0);
        number = 0;
    } while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGCHLD);
    return WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
}

/* The number of instructions. */
static unsigned step_through(const struct victim *victim, unsigned stride)
{
    unsigned steps = 0;
    pid_t pid = fork();
    if (pid == 0)
        be_victim(victim);
    waitpid(pid, NULL, 0);
    for (;; steps++) {
        int before = *failures;
        if (go_on(pid, PTRACE_SINGLESTEP, 0) != SIGTRAP)
            break;
        if (steps % stride)
            continue;
        if (go_on(pid, PTRACE_CONT, SIGUSR1) != SIGSTOP)
            break;
        if (*failures > before)
            printf("%s, interrupted at instruction %u: not all ended\n", victim->name, steps);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return steps;
}

int main(int argc, char **argv)
{
    unsigned stride = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    failures = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    signal(SIGUSR1, interrupted);
    for (size_t i = 0; i < sizeof victims / sizeof *victims; i++) {
        unsigned steps = step_through(&victims[i], stride ? stride : victims[i].stride);
        printf("%s: %u instructions\n", victims[i].name, steps);
    }
    return *failures > 0;
}
