#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void die(const char *what)
{
    perror(what);
    exit(1);
}

static void copy_field(char *out, size_t size, const char *head, const char *name)
{
    const char *at = strstr(head, name);
    if (!at)
        die(name);
    at += strlen(name);
    size_t len = strcspn(at, "\r\n");
    snprintf(out, size, "%.*s", (int)len, at);
}

int input_take(struct input *input, struct request *request)
{
    char count[16];
    input->bytes[input->used] = '\0';
    const char *end = strstr(input->bytes, "\r\n\r\n");
    if (!end)
        return 0;
    request->size = (size_t)(end + 4 - input->bytes);
    copy_field(request->id, sizeof request->id, input->bytes, "X-Request-Id: ");
    copy_field(count, sizeof count, input->bytes, "X-Queries: ");
    request->queries = atoi(count);
    input->used -= request->size;
    memmove(input->bytes, end + 4, input->used);
    return 1;
}

long input_read(struct input *input, int fd)
{
    long n = read(fd, input->bytes + input->used, sizeof input->bytes - 1 - input->used);
    if (n > 0)
        input->used += (size_t)n;
    return n;
}

int listen_on(const char *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 512) < 0)
        die("listen");
    return fd;
}

PGconn *connect_to(const char *conninfo)
{
    PGconn *conn = PQconnectdb(conninfo);
    if (PQstatus(conn) != CONNECTION_OK) {
        fputs(PQerrorMessage(conn), stderr);
        exit(1);
    }
    return conn;
}

/* Some take longer than others, so that requests overtake each other. */
void query_text(char *out, size_t size, const struct request *request, int index)
{
    unsigned mixed = 0;
    for (const char *c = request->id; *c; c++)
        mixed = mixed * 31 + (unsigned char)*c;
    snprintf(out, size, "SELECT pg_sleep(0.%04u) /* req=%s */", (mixed + (unsigned)index * 7) % 30,
        request->id);
}

void query_all(PGconn *conn, const struct request *request)
{
    char text[256];
    for (int i = 0; i < request->queries; i++) {
        query_text(text, sizeof text, request, i);
        PGresult *result = PQexec(conn, text);
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            die("query");
        PQclear(result);
    }
}

void reply(int fd, const struct request *request)
{
    char text[512];
    int len = snprintf(text, sizeof text,
        "HTTP/1.1 200 OK\r\nX-Request-Id: %s\r\nContent-Length: 3\r\n\r\nok\n", request->id);
    for (int sent = 0; sent < len;) {
        long n = write(fd, text + sent, (size_t)(len - sent));
        if (n <= 0)
            return;
        sent += (int)n;
    }
}

void serve_connection(int in, int out, PGconn *conn)
{
    struct input input = {.used = 0};
    struct request request;
    while (input_read(&input, in) > 0)
        while (input_take(&input, &request)) {
            query_all(conn, &request);
            reply(out, &request);
        }
}
