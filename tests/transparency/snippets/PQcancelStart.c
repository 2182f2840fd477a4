/* libpq 17 has it; a program that asks for it by name must be told what is true. */
#include <dlfcn.h>
#include "../snippet_pq.h"

static void *(*create)(PGconn *);
static int (*blocking)(void *), (*start)(void *), (*step)(void *), (*socket_of)(void *);
static void (*finish)(void *);
#define PQcancelBlocking(cancel) blocking(cancel)
#define PQcancelStart(cancel) start(cancel)
#define PQcancelPoll(cancel) step(cancel)
#define PQcancelFinish(cancel) finish(cancel)

static void cancel_stepwise(void *cancel)
{
    int status = PGRES_POLLING_WRITING;
    SHOW(PQcancelStart(cancel));
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        struct pollfd fd = {
            .fd = socket_of(cancel), .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        poll(&fd, 1, 5000);
        status = PQcancelPoll(cancel);
    }
    printf("polled %d\n", status);
}

int snippet(void)
{
    create = (void *(*)(PGconn *))dlsym(RTLD_DEFAULT, "PQcancelCreate");
    blocking = (int (*)(void *))dlsym(RTLD_DEFAULT, "PQcancelBlocking");
    start = (int (*)(void *))dlsym(RTLD_DEFAULT, "PQcancelStart");
    step = (int (*)(void *))dlsym(RTLD_DEFAULT, "PQcancelPoll");
    socket_of = (int (*)(void *))dlsym(RTLD_DEFAULT, "PQcancelSocket");
    finish = (void (*)(void *))dlsym(RTLD_DEFAULT, "PQcancelFinish");
    printf("there %d %d %d %d\n", blocking != NULL, start != NULL, step != NULL, finish != NULL);
    if (!create)
        return 0;
    PGconn *conn = connected();
    void *cancel = create(conn);
    SHOW(PQcancelBlocking(cancel));
    PQcancelFinish(cancel);
    send_slow(conn);
    cancel = create(conn);
    cancel_stepwise(cancel);
    PQcancelFinish(cancel);
    show_all(conn);
    PQfinish(conn);
    return 0;
}
