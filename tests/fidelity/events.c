/* events PORT CONNINFO LOOPS CONNECTIONS request|query: event loops over sockets and asynchronous
 * libpq. Each loop has so many database connections; a request that finds none free waits. It keeps
 * its connection until it is answered, or gives it back after each query. */
#include "server.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, CLIENTS_MAX = 1024 };

struct database;

struct client {
    int fd;
    struct input input;
    struct request request;
    bool working; /* on `request` */
    int done;     /* queries */
    struct database *database;
    struct client *next_waiting;
};

struct database {
    PGconn *conn;
    struct client *client; /* NULL: free */
};

struct loop {
    int epoll, listener, count;
    struct database *databases;
    struct client *clients[CLIENTS_MAX]; /* by descriptor */
    struct client *waiting, **last_waiting;
};

static const char *conninfo;
static bool give_back_each;
static int database_count;

static void watch(struct loop *loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        die("epoll_ctl");
}

static void send_query(struct client *client)
{
    char text[256];
    query_text(text, sizeof text, &client->request, client->done);
    if (!PQsendQuery(client->database->conn, text))
        die("send");
}

/* Begins the next query with this connection. */
static void use(struct database *database, struct client *client)
{
    database->client = client;
    client->database = database;
    send_query(client);
}

static void want_database(struct loop *loop, struct client *client)
{
    for (int i = 0; i < loop->count; i++)
        if (!loop->databases[i].client) {
            use(&loop->databases[i], client);
            return;
        }
    client->next_waiting = NULL;
    *loop->last_waiting = client;
    loop->last_waiting = &client->next_waiting;
}

/* Whoever waits longest gets it at once. */
static void give_back(struct loop *loop, struct database *database)
{
    struct client *next = loop->waiting;
    database->client->database = NULL;
    database->client = NULL;
    if (!next)
        return;
    loop->waiting = next->next_waiting;
    if (!loop->waiting)
        loop->last_waiting = &loop->waiting;
    use(database, next);
}

static void begin(struct loop *loop, struct client *client)
{
    if (client->working || !input_take(&client->input, &client->request))
        return;
    client->working = true;
    client->done = 0;
    want_database(loop, client);
}

static void on_result(struct loop *loop, struct database *database)
{
    struct client *client = database->client;
    PGresult *result;
    if (!PQconsumeInput(database->conn))
        die("consume");
    if (PQisBusy(database->conn))
        return;
    while ((result = PQgetResult(database->conn)))
        PQclear(result);
    bool last = ++client->done == client->request.queries;
    if (!last && !give_back_each) {
        send_query(client);
        return;
    }
    give_back(loop, database);
    if (!last) {
        want_database(loop, client);
        return;
    }
    reply(client->fd, &client->request);
    client->working = false;
    begin(loop, client);
}

static void on_client(struct loop *loop, struct client *client)
{
    if (input_read(&client->input, client->fd) > 0) {
        begin(loop, client);
        return;
    }
    loop->clients[client->fd] = NULL;
    close(client->fd);
    free(client);
}

static void on_connection(struct loop *loop)
{
    int fd = accept4(loop->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct client *client = calloc(1, sizeof *client);
    client->fd = fd;
    loop->clients[fd] = client;
    watch(loop, fd);
}

static void on_event(struct loop *loop, int fd)
{
    if (fd == loop->listener) {
        on_connection(loop);
        return;
    }
    if (loop->clients[fd]) {
        on_client(loop, loop->clients[fd]);
        return;
    }
    for (int i = 0; i < loop->count; i++)
        if (PQsocket(loop->databases[i].conn) == fd && loop->databases[i].client)
            on_result(loop, &loop->databases[i]);
}

static void *run(void *listener)
{
    struct epoll_event events[EVENTS];
    struct loop loop = {
        .epoll = epoll_create1(0), .listener = *(int *)listener, .count = database_count};
    loop.last_waiting = &loop.waiting;
    loop.databases = calloc((size_t)loop.count, sizeof *loop.databases);
    for (int i = 0; i < loop.count; i++) {
        loop.databases[i].conn = connect_to(conninfo);
        watch(&loop, PQsocket(loop.databases[i].conn));
    }
    watch(&loop, loop.listener);
    for (;;) {
        int count = epoll_wait(loop.epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++)
            on_event(&loop, events[i].data.fd);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc != 6)
        return 2;
    int listener = listen_on(argv[1]);
    fcntl(listener, F_SETFL, O_NONBLOCK); /* another loop may be quicker */
    conninfo = argv[2];
    database_count = atoi(argv[4]);
    give_back_each = strcmp(argv[5], "query") == 0;
    for (int i = 1; i < atoi(argv[3]); i++)
        if (pthread_create(&thread, NULL, run, &listener) != 0)
            die("thread");
    run(&listener);
}
