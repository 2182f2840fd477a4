/* What a hook costs: one call in a loop, with and without the shim, timed or under callgrind. The
 * other side of a connection uses system calls that no hook sees.
 * Usage: hooks CASE ROUNDS; prints the nanoseconds of an undisturbed round. */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH = 12 /* frames below a statement */, BATCH = 100 };

static char request[] =
    "GET /users/4711/orders?page=2 HTTP/1.1\r\nHost: www.example.com\r\n"
    "User-Agent: bench\r\nAccept: */*\r\nCookie: sessionid=0123456789abcdef\r\n\r\n";
static char response[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n"
                         "Hello, world\n";
static const char statement[] = "SELECT id, name, slug, position FROM area_subject WHERE area_id = "
                                "42 AND is_active ORDER BY position";

static struct sockaddr_in address;
static int listener, server, client;
static PGconn *conn;
static char buffer[1024];
static double spent;

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void expect(int fine)
{
    if (!fine)
        exit(1);
}

#define TIMED(call)                                                                                \
    do {                                                                                           \
        double begin = now_ns();                                                                   \
        expect(call);                                                                              \
        spent += now_ns() - begin;                                                                 \
    } while (0)

static void listen_anywhere(void)
{
    socklen_t len = sizeof address;
    address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM, 0);
    expect(bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 1) == 0);
    expect(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
}

static void connect_client(void)
{
    client = socket(AF_INET, SOCK_STREAM, 0);
    expect(syscall(SYS_connect, client, &address, sizeof address) == 0);
}

static void read_untracked(void)
{
    TIMED(read(-1, buffer, 1) < 0);
}

static void write_untracked(void)
{
    TIMED(write(-1, buffer, 1) < 0);
}

static void accept_and_close(void)
{
    connect_client();
    TIMED((server = accept(listener, NULL, NULL)) >= 0 && close(server) == 0);
    syscall(SYS_close, client);
}

static void recv_request(void)
{
    syscall(SYS_write, client, request, sizeof request - 1);
    TIMED(recv(server, buffer, sizeof buffer, 0) > 0);
}

static void send_response(void)
{
    TIMED(send(server, response, sizeof response - 1, 0) > 0);
    syscall(SYS_read, client, buffer, sizeof buffer);
}

static void answer_request(void)
{
    recv_request();
    send_response();
}

static __attribute__((noinline)) int query(int depth)
{
    if (depth)
        return query(depth - 1) + 1;
    PGresult *result = PQexec(conn, statement);
    int rows = PQntuples(result);
    PQclear(result);
    return rows;
}

static void exec_statement(void)
{
    TIMED(query(DEPTH) > 0);
}

/* An exchange as most services have it. */
static void serve_request(void)
{
    recv_request();
    for (int i = 0; i < 3; i++)
        exec_statement();
    send_response();
}

static const struct {
    const char *name;
    void (*round)(void);
} cases[] = {
    {"read", read_untracked},
    {"write", write_untracked},
    {"accept", accept_and_close},
    {"send", send_response},
    {"answer", answer_request},
    {"exec", exec_statement},
    {"request", serve_request},
};

/* The least mean of a hundred: the others are of whatever else the machine has to do. */
static double least_mean(void (*round)(void), long rounds)
{
    double least = 1e9;
    for (long i = 0; i < rounds; i += BATCH) {
        spent = 0;
        for (int k = 0; k < BATCH; k++)
            round();
        if (spent / BATCH < least)
            least = spent / BATCH;
    }
    return least;
}

int main(int argc, char **argv)
{
    long rounds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    expect(rounds > 0);
    listen_anywhere();
    conn = PQconnectdb("");
    connect_client();
    server = accept(listener, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].name, argv[1]) == 0)
            printf("%.1f\n", least_mean(cases[i].round, rounds));
    return 0;
}
