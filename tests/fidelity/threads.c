/* threads PORT CONNINFO each|pool: a thread for each connection, or a pool of them behind a queue
 * of accepted connections. */
#include "server.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POOL = 64, QUEUE = 1024 };

static const char *conninfo;
static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int fds[QUEUE];
    unsigned first, last;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static void *serve_one(void *fd_in_pointer)
{
    int fd = (int)(intptr_t)fd_in_pointer;
    PGconn *conn = connect_to(conninfo);
    serve_connection(fd, fd, conn);
    PQfinish(conn);
    close(fd);
    return NULL;
}

static void put(int fd)
{
    pthread_mutex_lock(&queue.lock);
    queue.fds[queue.last++ % QUEUE] = fd;
    pthread_cond_signal(&queue.filled);
    pthread_mutex_unlock(&queue.lock);
}

static int take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.first == queue.last)
        pthread_cond_wait(&queue.filled, &queue.lock);
    int fd = queue.fds[queue.first++ % QUEUE];
    pthread_mutex_unlock(&queue.lock);
    return fd;
}

static void *serve_many(void *unused)
{
    PGconn *conn = connect_to(conninfo);
    for (;;) {
        int fd = take();
        serve_connection(fd, fd, conn);
        close(fd);
    }
    return unused;
}

static void start(void *(*work)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, argument) != 0)
        die("thread");
    pthread_detach(thread);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    conninfo = argv[2];
    int pool = strcmp(argv[3], "pool") == 0, listener = listen_on(argv[1]);
    for (int i = 0; pool && i < POOL; i++)
        start(serve_many, NULL);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        if (pool)
            put(fd);
        else
            start(serve_one, (void *)(intptr_t)fd);
    }
}
