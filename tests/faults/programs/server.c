/* server PORT MANNER: answers each connection in a thread of its own, keeps connections alive,
 * writes a report of itself and ends with status 7 when asked for /stop. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEAD_MAX = 9 * 1024, FDS_REPORTED = 4096 };

static struct server server;
static volatile sig_atomic_t children_ended;

void need(int condition, const char *message)
{
    if (condition)
        return;
    fprintf(stderr, "server: %s: %s\n", message, strerror(errno));
    _exit(99);
}

static void child_ended(int number)
{
    (void)number;
    children_ended++;
}

void tell(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    need(write(1, line, (size_t)len) == len, "report");
}

/* What the service can see of itself: its descriptors but for connections, its children. */
static void report(void)
{
    struct sockaddr_storage peer;
    for (int fd = 0; fd < FDS_REPORTED; fd++) {
        socklen_t len = sizeof peer;
        if (fcntl(fd, F_GETFD) >= 0 && getpeername(fd, (void *)&peer, &len) < 0)
            tell("descriptor %d\n", fd);
    }
    if (server.forks)
        return;
    int child = waitpid(-1, NULL, WNOHANG);
    tell("wait: %s\n", child < 0 ? strerror(errno) : child ? "a child has ended" : "a child");
    tell("signals of children: %d\n", (int)children_ended);
}

/* System calls instead of stdio: this runs on the smallest stacks and in sandboxes. */
static int answer(int fd, const char *request)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
    if (write(fd, head, sizeof head - 1) < 0)
        return 0;
    if (strncmp(request, "GET /stop", 9) != 0)
        return 1;
    while (server.waits_for_all && waitpid(-1, NULL, __WALL) > 0)
        ;
    report();
    _exit(7);
}

static void *serve(void *data)
{
    int fd = (int)(long)data;
    char *request = malloc(HEAD_MAX); /* stacks may be small */
    size_t have = 0;
    ssize_t n;
    while (have < HEAD_MAX - 1 && (n = read(fd, request + have, HEAD_MAX - 1 - have)) > 0) {
        have += (size_t)n;
        request[have] = '\0';
        if (!strstr(request, "\r\n\r\n"))
            continue;
        have = 0;
        if (!answer(fd, request))
            break;
    }
    close(fd);
    free(request);
    return NULL;
}

void server_listen(struct server *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_port = htons((unsigned short)s->port),
        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int on = 1;
    if (s->listener >= 0)
        return;
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    need(s->listener >= 0, "socket");
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    need(bind(s->listener, (void *)&address, sizeof address) == 0, "bind");
    need(listen(s->listener, 4096) == 0, "listen");
}

static void serve_in_processes(void)
{
    for (;;) {
        int fd = accept(server.listener, NULL, NULL);
        if (fd < 0)
            continue;
        pid_t child = fork();
        if (child == 0) {
            server.connection();
            serve((void *)(long)fd);
            _exit(0);
        }
        close(fd);
        int status = -1;
        waitpid(child, &status, 0);
        if (status)
            tell("a connection's process ended with %x\n", status);
    }
}

static void serve_all(void)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (server.stack_size)
        need(!pthread_attr_setstacksize(&attributes, server.stack_size), "stack size");
    for (;;) {
        pthread_t thread;
        int fd = accept(server.listener, NULL, NULL);
        if (fd >= 0 && pthread_create(&thread, &attributes, serve, (void *)(long)fd) != 0)
            close(fd);
    }
}

static const struct manner *manner_of(const char *name)
{
    const struct manner *manner = manners;
    while (manner->name && strcmp(manner->name, name) != 0)
        manner++;
    need(manner->name != NULL, "no such manner");
    return manner;
}

int main(int argc, char **argv)
{
    need(argc == 3, "usage: server PORT MANNER");
    server = (struct server){.port = atoi(argv[1]), .listener = -1};
    const struct manner *manner = manner_of(argv[2]);
    signal(SIGCHLD, child_ended);
    signal(SIGPIPE, SIG_IGN);
    if (manner->before)
        manner->before(&server);
    server_listen(&server);
    if (manner->after)
        manner->after(&server);
    if (server.connection)
        serve_in_processes();
    serve_all();
}
