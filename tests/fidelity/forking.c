/* forking PORT CONNINFO each|before: a process for each connection, on its descriptors 0 and 1 as
 * inetd hands it over; or several that were forked before and accept themselves. */
#include "server.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 8 };

static void for_each_connection(int listener, const char *conninfo)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        if (fork() == 0) {
            dup2(fd, 0);
            dup2(fd, 1);
            close(fd);
            close(listener);
            PGconn *conn = connect_to(conninfo);
            serve_connection(0, 1, conn);
            PQfinish(conn);
            _exit(0);
        }
        close(fd);
    }
}

static void work(int listener, const char *conninfo)
{
    PGconn *conn = connect_to(conninfo);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        serve_connection(fd, fd, conn);
        close(fd);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    int listener = listen_on(argv[1]);
    if (strcmp(argv[3], "each") == 0) {
        signal(SIGCHLD, SIG_IGN);
        for_each_connection(listener, argv[2]);
    }
    for (int i = 0; i < WORKERS; i++)
        if (fork() == 0)
            work(listener, argv[2]);
    while (wait(NULL) > 0)
        continue;
    return 0;
}
