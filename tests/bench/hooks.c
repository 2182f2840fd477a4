/* Cost of one hook: the same calls in a loop, to be run with and without the shim, and under
 * callgrind for instructions. Usage: hooks untracked|recv|send|exec [rounds] */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char request[] =
    "GET /users/4711/orders?page=2 HTTP/1.1\r\nHost: www.example.com\r\n"
    "User-Agent: bench\r\nAccept: */*\r\nCookie: sessionid=0123456789abcdef\r\n\r\n";
static char response[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n"
                         "Hello, world\n";
static const char statement[] = "SELECT id, name, slug, position FROM area_subject WHERE area_id = "
                                "42 AND is_active ORDER BY position";

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Peer side: raw system calls, so that only the service's side passes the hooks. */
static void connected_pair(int *server, int *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &len))
        exit(1);
    *client = socket(AF_INET, SOCK_STREAM, 0);
    if (syscall(SYS_connect, *client, &address, len))
        exit(1);
    *server = accept(listener, NULL, NULL);
}

static __attribute__((noinline)) int query(PGconn *conn, int depth)
{
    if (depth)
        return query(conn, depth - 1) + 1;
    PGresult *result = PQexec(conn, statement);
    int rows = PQntuples(result);
    PQclear(result);
    return rows;
}

static double run(const char *what, long rounds)
{
    char buffer[1024];
    int server, client, null[2];
    double spent = 0, begin;
    connected_pair(&server, &client);
    if (pipe(null))
        exit(1);
    PGconn *conn = strcmp(what, "exec") == 0 ? PQconnectdb("") : NULL;
    for (long i = 0; i < rounds; i++) {
        if (strcmp(what, "untracked") == 0) {
            begin = now_ns();
            if (read(-1, buffer, 1) >= 0)
                exit(1);
        } else if (strcmp(what, "recv") == 0) {
            syscall(SYS_write, client, request, sizeof request - 1);
            begin = now_ns();
            if (recv(server, buffer, sizeof buffer, 0) <= 0)
                exit(1);
        } else if (strcmp(what, "send") == 0) {
            begin = now_ns();
            if (send(server, response, sizeof response - 1, 0) <= 0)
                exit(1);
        } else {
            begin = now_ns();
            query(conn, 12);
        }
        spent += now_ns() - begin;
        if (strcmp(what, "send") == 0)
            syscall(SYS_read, client, buffer, sizeof buffer);
    }
    return spent / (double)rounds;
}

int main(int argc, char **argv)
{
    long rounds = argc > 2 ? atol(argv[2]) : 200000;
    if (argc < 2)
        return 2;
    printf("%s %.1f\n", argv[1], run(argv[1], rounds));
    return 0;
}
