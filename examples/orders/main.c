#include "orders.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 64, IDLE_SECONDS = 10 };

struct settings {
    int port, workers, log_fd;
    const char *conninfo;
};

static volatile sig_atomic_t stopping, idle;

/* A worker finishes what it serves. */
static void stop(int number)
{
    (void)number;
    if (idle)
        _exit(0);
    stopping = 1;
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, 128) < 0) {
        perror("orders: listen");
        exit(1);
    }
    return fd;
}

static int next_connection(int listener)
{
    idle = 1;
    int fd = stopping ? -1 : accept(listener, NULL, NULL);
    idle = 0;
    return fd;
}

static void run_worker(int listener, const struct settings *settings)
{
    struct timeval limit = {.tv_sec = IDLE_SECONDS};
    db_open(settings->conninfo);
    while (!stopping) {
        int fd = next_connection(listener);
        if (fd < 0)
            continue; /* the peer has left */
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        http_serve(fd, settings->log_fd);
        close(fd);
    }
    exit(0);
}

static pid_t start_worker(int listener, const struct settings *settings)
{
    struct sigaction action = {.sa_handler = stop}; /* no SA_RESTART: recv returns */
    pid_t pid = fork();
    if (pid)
        return pid;
    sigset_t none;
    sigemptyset(&none);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN); /* the master's business */
    sigprocmask(SIG_SETMASK, &none, NULL);
    run_worker(listener, settings);
    return 0;
}

static void replace_dead(pid_t *workers, int listener, const struct settings *settings)
{
    for (pid_t dead; (dead = waitpid(-1, NULL, WNOHANG)) > 0;)
        for (int i = 0; i < settings->workers; i++)
            if (workers[i] == dead)
                workers[i] = start_worker(listener, settings);
}

/* Until a signal says to stop. */
static void run_master(int listener, const struct settings *settings)
{
    pid_t workers[WORKERS_MAX];
    sigset_t awaited;
    int number;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGCHLD);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    for (int i = 0; i < settings->workers; i++)
        workers[i] = start_worker(listener, settings);
    while (sigwait(&awaited, &number) == 0 && number == SIGCHLD)
        replace_dead(workers, listener, settings);
    for (int i = 0; i < settings->workers; i++)
        kill(workers[i], SIGTERM);
    while (wait(NULL) > 0)
        ;
}

static void usage(void)
{
    fputs("usage: orders [-p port] [-w workers] [-d conninfo] [-l access-log]\n", stderr);
    exit(2);
}

static struct settings parse(int argc, char **argv)
{
    struct settings settings = {8080, 4, -1, "dbname=orders"};
    int option;
    while ((option = getopt(argc, argv, "p:w:d:l:")) != -1) {
        if (option == 'p')
            settings.port = atoi(optarg);
        else if (option == 'w')
            settings.workers = atoi(optarg);
        else if (option == 'd')
            settings.conninfo = optarg;
        else if (option == 'l')
            settings.log_fd = open(optarg, O_WRONLY | O_CREAT | O_APPEND, 0644);
        else
            usage();
    }
    if (optind != argc || settings.workers < 1 || settings.workers > WORKERS_MAX)
        usage();
    return settings;
}

int main(int argc, char **argv)
{
    struct settings settings = parse(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    run_master(listen_on(settings.port), &settings);
    return 0;
}
