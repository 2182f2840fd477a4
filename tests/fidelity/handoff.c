/* handoff PORT CONNINFO worker|reader: one thread reads requests, workers query. Either the worker
 * writes the reply, or it hands it back for the reading thread to write. */
#include "server.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS = 16, EVENTS = 64, CLIENTS_MAX = 1024 };

struct job {
    int fd;
    struct request request;
    struct job *next;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct job *first, **last;
};

static struct queue asked = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, &asked.first};
static struct queue answered = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, &answered.first};
static const char *conninfo;
static bool worker_replies;
static int wake;

static void put(struct queue *queue, struct job *job)
{
    pthread_mutex_lock(&queue->lock);
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

static struct job *take(struct queue *queue, bool wait)
{
    pthread_mutex_lock(&queue->lock);
    while (wait && !queue->first)
        pthread_cond_wait(&queue->filled, &queue->lock);
    struct job *job = queue->first;
    if (job) {
        queue->first = job->next;
        if (!queue->first)
            queue->last = &queue->first;
    }
    pthread_mutex_unlock(&queue->lock);
    return job;
}

static void *work(void *unused)
{
    PGconn *conn = connect_to(conninfo);
    for (;;) {
        struct job *job = take(&asked, true);
        query_all(conn, &job->request);
        if (worker_replies) {
            reply(job->fd, &job->request);
            free(job);
        } else {
            put(&answered, job);
            eventfd_write(wake, 1);
        }
    }
    return unused;
}

static void ask(struct input *input, int fd)
{
    struct job *job = calloc(1, sizeof *job);
    job->fd = fd;
    if (input_take(input, &job->request))
        put(&asked, job);
    else
        free(job);
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void on_event(int epoll, int listener, int fd, struct input **inputs)
{
    struct job *job;
    if (fd == listener) {
        int client = accept(listener, NULL, NULL);
        inputs[client] = calloc(1, sizeof **inputs);
        watch(epoll, client);
    } else if (fd == wake) {
        eventfd_t count;
        eventfd_read(wake, &count);
        while ((job = take(&answered, false))) {
            reply(job->fd, &job->request);
            free(job);
        }
    } else if (input_read(inputs[fd], fd) > 0) {
        ask(inputs[fd], fd);
    } else {
        free(inputs[fd]);
        inputs[fd] = NULL;
        close(fd);
    }
}

int main(int argc, char **argv)
{
    static struct input *inputs[CLIENTS_MAX];
    struct epoll_event events[EVENTS];
    pthread_t thread;
    if (argc != 4)
        return 2;
    int listener = listen_on(argv[1]), epoll = epoll_create1(0);
    conninfo = argv[2];
    worker_replies = strcmp(argv[3], "worker") == 0;
    wake = eventfd(0, EFD_NONBLOCK);
    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&thread, NULL, work, NULL) != 0)
            die("thread");
    watch(epoll, listener);
    watch(epoll, wake);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++)
            on_event(epoll, listener, events[i].data.fd, inputs);
    }
}
