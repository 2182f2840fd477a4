#include "belongings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Arguments lie behind each other, and the environment behind them, as the kernel puts them. */
static char **arguments;

__attribute__((constructor)) static void remember(int argc, char **argv)
{
    (void)argc;
    arguments = argv;
}

static void limit(int resource, rlim_t most)
{
    const struct rlimit both = {most, most};
    need(setrlimit(resource, &both) == 0, "setrlimit");
}

void belongings_small_files(struct server *server)
{
    (void)server;
    limit(RLIMIT_FSIZE, 8000000);
}

void belongings_hardly_any_file(struct server *server)
{
    (void)server;
    limit(RLIMIT_FSIZE, 500000);
}

void belongings_no_file(struct server *server)
{
    (void)server;
    limit(RLIMIT_FSIZE, 0);
}

void belongings_small_limits(struct server *server)
{
    (void)server;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MEMLOCK, 0);
    limit(RLIMIT_MSGQUEUE, 0);
    limit(RLIMIT_NICE, 0);
    limit(RLIMIT_RTPRIO, 0);
    limit(RLIMIT_RTTIME, 1000);
    limit(RLIMIT_SIGPENDING, 0);
    limit(RLIMIT_STACK, 256 * 1024);
    limit(RLIMIT_NOFILE, 40);
    limit(RLIMIT_DATA, 256 << 20);
    limit(RLIMIT_AS, 512 << 20);
}

/* Workers are forked with arguments that are no more. */
void belongings_argv_given_back(struct server *server)
{
    (void)server;
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(page != MAP_FAILED, "mmap");
    for (int i = 0; arguments[i]; i++)
        arguments[i] = page;
    environ = calloc(2, sizeof *environ);
    environ[0] = page;
    munmap(page, 4096);
    pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0)
        return;
    int status = 0;
    need(waitpid(child, &status, 0) == child, "waitpid");
    tell("worker ended with %d", status);
    _exit(0);
}

void belongings_title(struct server *server)
{
    (void)server;
    char *end = arguments[0];
    for (int i = 0; arguments[i]; i++)
        end = arguments[i] + strlen(arguments[i]) + 1;
    for (int i = 0; environ[i]; i++)
        if (environ[i] == end)
            end = environ[i] + strlen(environ[i]) + 1;
    memset(arguments[0], ' ', (size_t)(end - arguments[0]) - 1);
}

void belongings_no_environment(struct server *server)
{
    (void)server;
    clearenv();
}

void belongings_no_dumps(struct server *server)
{
    (void)server;
    need(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "PR_SET_DUMPABLE");
}

void belongings_no_new_rights(struct server *server)
{
    (void)server;
    need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    need(prctl(PR_SET_TIMERSLACK, 1000000, 0, 0, 0) == 0, "PR_SET_TIMERSLACK");
    need(prctl(PR_SET_PDEATHSIG, 15, 0, 0, 0) == 0, "PR_SET_PDEATHSIG");
}
