/* apmshim-forwarder: started by the recorder with the ring as descriptor 3. The first process only
 * watches over the one that works, and starts it again if it crashes: the ring outlives both. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "ordinary.h"
#include "service.h"
#include "signals.h"

enum { RING_FD = 3, RESTARTS_MAX = 5 };

static int supervise(void)
{
    for (int restarts = 0; restarts <= RESTARTS_MAX; restarts++) {
        pid_t worker = fork();
        if (worker <= 0) /* no process to be had: better unwatched than not at all */
            return service_run(RING_FD);
        int status;
        if (waitpid(worker, &status, 0) != worker || WIFEXITED(status))
            return 0;
        struct timespec pause = {.tv_sec = signals_terminated_at() ? 0 : restarts};
        nanosleep(&pause, NULL); /* which SIGTERM ends */
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
    signals_outlive();
    ordinary_become();
    return supervise();
}
