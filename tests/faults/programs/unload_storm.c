/* One thread loads and unloads a plug-in, again and again; another asks a database, each time with
 * modules that nobody has been told of, and forks children that do the same. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORK_EACH = 50, HANGS_S = 60 };

static const char *plugin;
static int rounds;
static _Atomic int done;

static void *load_and_unload(void *unused)
{
    for (int i = 0; i < rounds; i++) {
        void *library = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
        if (!library || dlclose(library) != 0)
            exit(2);
    }
    done = 1;
    return unused;
}

static int ask(void)
{
    PGconn *conn = PQconnectdb("");
    int fine = PQexec(conn, "select 1") != NULL;
    PQfinish(conn);
    return fine;
}

static int ask_in_child(void)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0) {
        alarm(HANGS_S);
        _exit(!ask());
    }
    if (waitpid(pid, &status, 0) == pid && status == 0)
        return 1;
    fprintf(stderr, "a child ended with %#x\n", (unsigned)status);
    return 0;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    plugin = argc > 2 ? argv[1] : "";
    rounds = argc > 2 ? atoi(argv[2]) : 0;
    if (pthread_create(&thread, NULL, load_and_unload, NULL) != 0)
        return 2;
    for (int i = 1; !done; i++)
        if (!ask() || (i % FORK_EACH == 0 && !ask_in_child()))
            return 1;
    return pthread_join(thread, NULL);
}
