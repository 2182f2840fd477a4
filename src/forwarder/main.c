/* apmshim-forwarder: started by the recorder with the ring as descriptor 3. The first process only
 * watches over the one that works, and starts it again if it crashes: the ring outlives both. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "service.h"

enum { RING_FD = 3, RESTARTS_MAX = 5, THREAD_STACK = 1024 * 1024 };

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

static int supervise(void)
{
    for (int restarts = 0; restarts <= RESTARTS_MAX; restarts++) {
        pid_t worker = fork();
        if (worker <= 0) /* no process to be had: better unwatched than not at all */
            return service_run(RING_FD);
        int status;
        if (waitpid(worker, &status, 0) != worker || WIFEXITED(status))
            return 0;
        struct timespec pause = {.tv_sec = restarts};
        nanosleep(&pause, NULL);
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("apmshim-forwarder " APMSHIM_VERSION) < 0;
    if (argc == 2 && strcmp(argv[1], "--options") == 0)
        return options_print(stdout), 0;
    if (fcntl(RING_FD, F_GETFD) < 0) {
        fputs("apmshim-forwarder is started by libapmshim.so; see apmshim --help\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error to tell */
    signal(SIGXCPU, SIG_IGN);
    lift_limits();
    return supervise();
}
