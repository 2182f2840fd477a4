/* privileged GIVEN PROGRAM ARGUMENT...: what an administrator gives to a service, then runs the
 * service. */
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void real_time(int class)
{
    const struct sched_param most = {.sched_priority = 10};
    if (sched_setscheduler(0, class, &most) < 0)
        perror("sched_setscheduler"), exit(77);
}

static void one_processor(void)
{
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    if (sched_setaffinity(0, sizeof first, &first) < 0)
        perror("sched_setaffinity"), exit(77);
}

/* Not every container lets its root do this. */
static void protect(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    if (fd >= 0 && write(fd, "-500", 4) != 4)
        perror("oom_score_adj");
    close(fd);
}

static void prefer(int nice_value)
{
    if (setpriority(PRIO_PROCESS, 0, nice_value) < 0)
        perror("setpriority"), exit(77);
}

static void all_but_scheduling(void)
{
    const unsigned long first = 1;
    protect();
    umask(0);
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 2));
    syscall(SYS_set_mempolicy, MPOL_BIND, &first, 8 * sizeof first);
}

int main(int argc, char **argv)
{
    const char *given = argc > 2 ? argv[1] : "";
    one_processor();
    if (strcmp(given, "fifo") == 0)
        real_time(SCHED_FIFO);
    else if (strcmp(given, "rr") == 0)
        real_time(SCHED_RR);
    else if (strcmp(given, "nice") == 0)
        prefer(-15);
    else if (strcmp(given, "humble") == 0)
        prefer(5);
    if (strcmp(given, "humble") != 0)
        all_but_scheduling();
    if (argc > 2)
        execv(argv[2], argv + 2);
    return 77;
}
