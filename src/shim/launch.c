/* The helper process must be invisible: no SIGCHLD, nothing for wait(-1), none of the service's
 * descriptors (a listening port would stay taken), its session, terminal or signal dispositions.
 *
 * So: clone(CLONE_VM | CLONE_VFORK) with exit signal 0, twice. The first child starts the forwarder
 * and ends at once; it is reaped here with __WCLONE. The forwarder is an orphan from birth. Sharing
 * the memory instead of copying its tables keeps this cheap in a service of many gigabytes; until
 * execve the children use their own stack and raw system calls only.
 *
 * Where orphans come to the service itself, the first child stays instead (keeper.h). */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "elf.h"
#include "given.h"
#include "keeper.h"
#include "pages.h"
#include "recorder.h"
#include "sys.h"

enum {
    MAPS_SIZE = 4096,        /* read of /proc/self/maps at a time */
    STACK_SIZE = 32 * 1024,  /* of each of the two children */
    ENVIRONMENT_MAX = 4096,  /* variables passed on */
    DESCRIPTORS_MAX = 65536, /* closed one by one where close_range is missing */
    PROCESSORS_MAX = 4096,
    RING_FD = 3,
    KERNEL_SIGNALS = 64,
    KEEPER_LIMIT_S = 5,
    ADDRESS_SHARE = 64, /* the ring takes no more of the addresses that a limit leaves */
};

struct launch {
    char path[1024];
    char maps[MAPS_SIZE];
    char *argv[3];
    char *envp[ENVIRONMENT_MAX + 1];
    int ring_fd;
    char *grandchild_stack;
    bool keep; /* the first child stays */
    struct keeper keeper;
    volatile int exec_error;
    _Atomic uint32_t tried; /* futex: execve has succeeded or failed */
};

struct kernel_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* All stay blocked, as they are here: the forwarder lets them in once it can bear them. */
static void reset_signals(void)
{
    struct kernel_sigaction fresh = {.handler = SIG_DFL};
    for (int i = 1; i <= KERNEL_SIGNALS; i++)
        sys(SYS_rt_sigaction, i, &fresh, NULL, 8);
}

/* A real-time service may share its one processor with us, and waits until exec. What else the
 * forwarder must not inherit it gives up itself. */
static void schedule_as_others(void)
{
    unsigned char all[PROCESSORS_MAX / 8];
    memset(all, 0xff, sizeof all);
    int none = 0; /* sched_param */
    long class = sys(SYS_sched_getscheduler, 0);
    if (class < 0 || (class & ~SCHED_RESET_ON_FORK) == SCHED_OTHER ||
        (class & ~SCHED_RESET_ON_FORK) == SCHED_BATCH ||
        (class & ~SCHED_RESET_ON_FORK) == SCHED_IDLE)
        return;
    sys(SYS_sched_setaffinity, 0, sizeof all, all);
    sys(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
}

static void take_descriptors(int ring_fd)
{
    if (ring_fd != RING_FD)
        sys(SYS_dup3, ring_fd, RING_FD, 0);
    else
        sys(SYS_fcntl, RING_FD, F_SETFD, 0);
    if (sys(SYS_close_range, RING_FD + 1, ~0u, 0) < 0)
        for (int fd = RING_FD + 1; fd < DESCRIPTORS_MAX; fd++)
            sys(SYS_close, fd);
    for (int fd = 0; fd < RING_FD; fd++) {
        long null = sys(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
        if (null >= 0 && null != fd) {
            sys(SYS_dup3, null, fd, 0);
            sys(SYS_close, null);
        }
    }
}

static int run_forwarder(void *data)
{
    struct launch *launch = data;
    schedule_as_others();
    /* Exec lets the service go before the new program is to be seen; this name is there before. */
    sys(SYS_prctl, PR_SET_NAME, "apmshim-forwarder", 0, 0, 0);
    sys(SYS_setsid);
    take_descriptors(launch->ring_fd);
    sys(SYS_chdir, "/");
    reset_signals();
    launch->exec_error = (int)-sys(SYS_execve, launch->path, launch->argv, launch->envp);
    sys(SYS_exit, 127);
    return 0;
}

static int run_middle(void *data)
{
    struct launch *launch = data;
    long pid =
        clone(run_forwarder, launch->grandchild_stack + STACK_SIZE, CLONE_VM | CLONE_VFORK, launch);
    if (pid < 0)
        launch->exec_error = EAGAIN;
    bool stay = launch->keep && !launch->exec_error;
    struct keeper keeper = launch->keeper; /* the service gives the launch back once it knows */
    atomic_store(&launch->tried, 1);
    sys(SYS_futex, &launch->tried, FUTEX_WAKE, 1, NULL, NULL, 0);
    if (stay) {
        schedule_as_others();
        keeper_stay(&keeper);
    }
    sys(SYS_exit, 0);
    return 0;
}

/* LD_PRELOAD and its like are for the service; everything else the forwarder shares, as it was at
 * the start. */
static void copy_environment(struct launch *launch)
{
    static const char *const left_out[] = {
        "LD_PRELOAD=", "LD_AUDIT=", "LD_DEBUG=", "LD_LIBRARY_PATH="};
    unsigned count = 0;
    char *variable;
    for (unsigned i = 0; (variable = given_environment(i)) && count < ENVIRONMENT_MAX; i++) {
        bool keep = true;
        for (unsigned k = 0; k < sizeof left_out / sizeof *left_out; k++)
            keep &= strncmp(variable, left_out[k], strlen(left_out[k])) != 0;
        if (keep)
            launch->envp[count++] = variable;
    }
    launch->envp[count] = NULL;
}

/* This object's absolute path from /proc/self/maps: the loader's name of it may be relative to a
 * folder that the service has left. */
static bool own_path_from_maps(char buffer[MAPS_SIZE], char *out, size_t size)
{
    size_t have = 0;
    bool found = false;
    long n, fd = sys(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    while (!found && (n = sys(SYS_read, fd, buffer + have, MAPS_SIZE - 1 - have)) > 0) {
        have += (size_t)n;
        buffer[have] = '\0';
        char *line = buffer, *end;
        while (!found && (end = strchr(line, '\n'))) {
            char *rest, *path = memchr(line, '/', (size_t)(end - line));
            uintptr_t from = strtoul(line, &rest, 16), to = strtoul(rest + 1, NULL, 16);
            uintptr_t here = (uintptr_t)&launch_forwarder;
            if (path && here >= from && here < to && (size_t)(end - path) < size) {
                memcpy(out, path, (size_t)(end - path));
                out[end - path] = '\0';
                found = true;
            }
            line = end + 1;
        }
        have -= (size_t)(line - buffer);
        memmove(buffer, line, have);
    }
    sys(SYS_close, fd);
    return found;
}

static bool executable(const char *path)
{
    return sys(SYS_faccessat, AT_FDCWD, path, X_OK) == 0;
}

/* APMSHIM_FORWARDER, else beside this object, else where it is installed as seen from there. */
static bool find_forwarder(struct launch *launch)
{
    static const char name[] = "apmshim-forwarder";
    static const char installed[] = APMSHIM_LIBEXEC_RELATIVE "/apmshim-forwarder";
    const char *told = given_variable("APMSHIM_FORWARDER");
    char *out = launch->path;
    size_t size = sizeof launch->path;
    if (told && *told) {
        if (strlen(told) >= size)
            return false;
        memcpy(out, told, strlen(told) + 1);
        return executable(out);
    }
    if (!own_path_from_maps(launch->maps, out, size - sizeof installed))
        return false;
    char *folder_end = strrchr(out, '/') + 1;
    memcpy(folder_end, name, sizeof name);
    if (executable(out))
        return true;
    memcpy(folder_end, installed, sizeof installed);
    return executable(out);
}

/* Without CLONE_VFORK the first child runs beside us: until it has started the forwarder. */
static void wait_until_tried(struct launch *launch)
{
    struct timespec limit = {.tv_sec = KEEPER_LIMIT_S};
    long result = 0;
    while (!atomic_load(&launch->tried) && result != -ETIMEDOUT)
        result = sys(SYS_futex, &launch->tried, FUTEX_WAIT, 0, &limit, NULL, 0);
    if (!atomic_load(&launch->tried))
        launch->exec_error = ETIMEDOUT;
}

static bool spawn(struct launch *launch)
{
    char *stacks = pages_map(2 * (size_t)STACK_SIZE, MAP_PRIVATE | MAP_STACK);
    if (!stacks)
        return false;
    launch->grandchild_stack = stacks + STACK_SIZE;
    launch->keep = keeper_needed();
    if (launch->keep && !keeper_prepare(&launch->keeper, stacks, STACK_SIZE)) {
        pages_unmap(stacks, 2 * (size_t)STACK_SIZE);
        return false;
    }
    uint64_t all = ~UINT64_C(0), before;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
    int flags = launch->keep ? 0 : CLONE_VM | CLONE_VFORK;
    int pid = clone(run_middle, stacks + STACK_SIZE, flags, launch);
    if (pid > 0 && launch->keep)
        wait_until_tried(launch);
    if (pid > 0 && (!launch->keep || launch->exec_error))
        while (sys(SYS_wait4, pid, NULL, __WCLONE, NULL) == -EINTR)
            ;
    sys(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
    pages_unmap(stacks, 2 * (size_t)STACK_SIZE);
    return pid > 0 && launch->exec_error == 0;
}

static uint64_t soft_limit(int resource)
{
    struct rlimit limit = {0};
    return sys(SYS_prlimit64, 0, resource, NULL, &limit) < 0 ? RLIM_INFINITY : limit.rlim_cur;
}

/* As many as the limits leave room for: a file that grows beyond RLIMIT_FSIZE is a signal, which
 * kills; addresses that are ours are none for the service. */
static uint32_t chunks_allowed(void)
{
    uint64_t size = ring_size(RING_CHUNKS_MAX), file = soft_limit(RLIMIT_FSIZE),
             addresses = soft_limit(RLIMIT_AS) / ADDRESS_SHARE;
    size = file < size ? file : size;
    size = addresses < size ? addresses : size;
    return size < ring_size(RING_CHUNKS_LEAST) ? 0
                                               : (uint32_t)((size - RING_HEADER_SIZE) / CHUNK_SIZE);
}

/* Only what is really allocated may be written: a page that cannot be had would be SIGBUS. */
static bool size_ring(long fd, uint32_t chunks, uint32_t first)
{
    return sys(SYS_ftruncate, fd, ring_size(chunks)) == 0 &&
           sys(SYS_fallocate, fd, 0, 0, ring_size(first)) == 0 &&
           sys(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

/* What is not to be kept; the forwarder says so too, but after the first calls. */
static void capture_less(struct ring *ring)
{
    const char *sql = given_variable("APMSHIM_SQL");
    const char *headers = given_variable("ELASTIC_APM_CAPTURE_HEADERS");
    if (sql && strcasecmp(sql, "off") == 0)
        atomic_store_explicit(&ring->sql_limit, 0, memory_order_relaxed);
    if (headers && strcmp(headers, "false") == 0)
        atomic_store_explicit(&ring->header_less, 1, memory_order_relaxed);
}

static void fill_header(struct ring *ring, uint32_t chunks, uint32_t first)
{
    struct timespec real = {0};
    sys(SYS_clock_gettime, CLOCK_REALTIME, &real);
    uint64_t realtime = (uint64_t)real.tv_sec * 1000000000u + (uint64_t)real.tv_nsec;
    ring->realtime_offset = realtime - recorder_now();
    ring->owner_pid = (uint32_t)sys(SYS_getpid);
    ring_init(ring, chunks, first);
    capture_less(ring);
}

static struct ring *make_ring(int *ret_fd)
{
    uint32_t chunks = chunks_allowed();
    uint32_t first = chunks < RING_CHUNKS_FIRST ? chunks : RING_CHUNKS_FIRST;
    if (!chunks)
        return NULL;
    long fd = sys(SYS_memfd_create, "apmshim-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return NULL;
    struct ring *ring =
        size_ring(fd, chunks, first) ? pages_map_at(NULL, ring_size(chunks), MAP_SHARED, fd) : NULL;
    if (!ring) {
        sys(SYS_close, fd);
        return NULL;
    }
    sys(SYS_madvise, ring, ring_size(chunks), MADV_DONTDUMP);
    fill_header(ring, chunks, first);
    ring_writer_limit(chunks);
    *ret_fd = (int)fd;
    return ring;
}

struct ring *launch_forwarder(void)
{
    size_t size = record_round(sizeof(struct launch));
    struct launch *launch = /* shared: what the children note is for us to read */
        pages_map(size, MAP_SHARED);
    if (!launch)
        return NULL;
    struct ring *ring = NULL;
    static char name[] = "apmshim-forwarder";
    if (find_forwarder(launch) && (ring = make_ring(&launch->ring_fd))) {
        launch->argv[0] = name;
        copy_environment(launch);
        bool started = spawn(launch);
        sys(SYS_close, launch->ring_fd);
        if (!started) {
            pages_unmap(ring, ring_size(ring->chunks_max));
            ring = NULL;
        }
    }
    pages_unmap(launch, size);
    return ring;
}
