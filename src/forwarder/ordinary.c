#include "ordinary.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PROCESSORS_MAX = 65536,
    SLACK_NS = 50000 /* the kernel's default */,
    THREAD_STACK = 1024 * 1024
};

static void schedule_as_others(void)
{
    int class = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    const struct sched_param none = {0};
    if (class != SCHED_BATCH && class != SCHED_IDLE)
        (void)sched_setscheduler(0, SCHED_OTHER, &none);
    if (getpriority(PRIO_PROCESS, 0) < 0)
        (void)setpriority(PRIO_PROCESS, 0, 0);
    (void)prctl(PR_SET_TIMERSLACK, (unsigned long)SLACK_NS, 0, 0, 0);
}

/* The kernel leaves out those that our cpuset lacks. */
static void run_anywhere(void)
{
    static unsigned char all[PROCESSORS_MAX / 8];
    memset(all, 0xff, sizeof all);
    (void)sched_setaffinity(0, sizeof all, (const cpu_set_t *)all);
}

static void die_first(void)
{
    char text[16] = "";
    int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    if (read(fd, text, sizeof text - 1) > 0 && atoi(text) < 0)
        (void)!pwrite(fd, "0", 1, 0);
    close(fd);
}

static void read_and_write_as_others(void)
{
    long priority = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
    if (priority < 0)
        return;
    int class = IOPRIO_PRIO_CLASS((int)priority);
    bool better = class == IOPRIO_CLASS_RT ||
                  (class == IOPRIO_CLASS_BE && IOPRIO_PRIO_DATA((int)priority) < IOPRIO_NORM);
    if (better)
        (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0); /* as the nice value says */
}

/* The service's limits are inherited, up to which the forwarder may go by itself: a pidfd for each
 * process of the service, files as large as the events are many. Stacks of threads are as large as
 * ours need to be. */
static void lift_limits(void)
{
    static const int lifted[] = {
        RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CPU};
    struct rlimit limit;
    for (size_t i = 0; i < sizeof lifted / sizeof *lifted; i++)
        if (getrlimit(lifted[i], &limit) == 0) {
            limit.rlim_cur = limit.rlim_max;
            (void)setrlimit(lifted[i], &limit);
        }
    pthread_attr_t threads;
    if (pthread_attr_init(&threads) == 0) {
        if (pthread_attr_setstacksize(&threads, THREAD_STACK) == 0)
            (void)pthread_setattr_default_np(&threads);
        pthread_attr_destroy(&threads);
    }
}

void ordinary_become(void)
{
    lift_limits();
    schedule_as_others();
    run_anywhere();
    die_first();
    read_and_write_as_others();
    (void)syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0);
    (void)umask(S_IRWXG | S_IRWXO);
}
