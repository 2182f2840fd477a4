/* coroutines PORT CONNINFO: each connection is a coroutine with a stack of its own; all share one
 * thread. */
#include "server.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK = 128 * 1024, EVENTS = 64, COROUTINES_MAX = 1024 };

struct coroutine {
    ucontext_t context;
    char *stack;
    int fd, ended;
};

static ucontext_t scheduler;
static struct coroutine *current, *waiting[COROUTINES_MAX]; /* by the descriptor waited for */
static int epoll;
static const char *conninfo;

static void wait_for(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    waiting[fd] = current;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
    swapcontext(&current->context, &scheduler);
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void query(PGconn *conn, const char *text)
{
    PGresult *result;
    if (!PQsendQuery(conn, text))
        die("send");
    do {
        wait_for(PQsocket(conn));
        if (!PQconsumeInput(conn))
            die("consume");
    } while (PQisBusy(conn));
    while ((result = PQgetResult(conn)))
        PQclear(result);
}

static void serve(void)
{
    struct coroutine *self = current;
    struct input input = {.used = 0};
    struct request request;
    char text[256];
    PGconn *conn = connect_to(conninfo);
    for (;;) {
        wait_for(self->fd);
        if (input_read(&input, self->fd) <= 0)
            break;
        while (input_take(&input, &request)) {
            for (int i = 0; i < request.queries; i++) {
                query_text(text, sizeof text, &request, i);
                query(conn, text);
            }
            reply(self->fd, &request);
        }
    }
    PQfinish(conn);
    close(self->fd);
    self->ended = 1;
}

static void resume(struct coroutine *coroutine)
{
    current = coroutine;
    swapcontext(&scheduler, &coroutine->context);
    if (coroutine->ended) {
        free(coroutine->stack);
        free(coroutine);
    }
}

static void spawn(int fd)
{
    struct coroutine *coroutine = calloc(1, sizeof *coroutine);
    coroutine->fd = fd;
    coroutine->stack = malloc(STACK);
    getcontext(&coroutine->context);
    coroutine->context.uc_stack.ss_sp = coroutine->stack;
    coroutine->context.uc_stack.ss_size = STACK;
    coroutine->context.uc_link = &scheduler;
    makecontext(&coroutine->context, serve, 0);
    resume(coroutine);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS];
    if (argc != 3)
        return 2;
    int listener = listen_on(argv[1]);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    conninfo = argv[2];
    epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++)
            if (events[i].data.fd == listener)
                spawn(accept(listener, NULL, NULL));
            else
                resume(waiting[events[i].data.fd]);
    }
}
