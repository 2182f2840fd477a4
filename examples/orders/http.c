#include "orders.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HEAD_MAX = 8192 };

struct input {
    int fd;
    char data[HEAD_MAX + BODY_MAX];
    size_t have;
};

void reply_add(struct reply *reply, const char *format, ...)
{
    for (;;) {
        va_list args;
        size_t room = reply->size - reply->len;
        va_start(args, format);
        int n = vsnprintf(reply->body ? reply->body + reply->len : NULL, room, format, args);
        va_end(args);
        if ((size_t)n < room) {
            reply->len += (size_t)n;
            return;
        }
        reply->size = (reply->size + (size_t)n) * 2 + 256;
        reply->body = realloc(reply->body, reply->size);
        if (!reply->body)
            abort();
    }
}

static int receive(struct input *in)
{
    if (in->have == sizeof in->data)
        return 0;
    ssize_t n = recv(in->fd, in->data + in->have, sizeof in->data - in->have, 0);
    if (n > 0)
        in->have += (size_t)n;
    return n > 0;
}

/* Length of the head with its empty line, 0 if the connection ended before. */
static size_t wait_for_head(struct input *in)
{
    for (;;) {
        char *end = memmem(in->data, in->have, "\r\n\r\n", 4);
        if (end)
            return (size_t)(end - in->data) + 4;
        if (in->have > HEAD_MAX || !receive(in))
            return 0;
    }
}

static const char *header(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line[2]; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
            return line + 2 + len + 1 + strspn(line + 2 + len + 1, " \t");
    return NULL;
}

static void copy_id(char *id, const char *value)
{
    size_t len = 0;
    while (value && len < ID_MAX && (isalnum((unsigned char)value[len]) || value[len] == '-')) {
        id[len] = value[len];
        len++;
    }
    id[len] = '\0';
}

static int parse_head(const char *head, struct request *request, size_t *ret_body_len)
{
    char target[512], version[16];
    if (sscanf(head, "%15s %511s %15s", request->method, target, version) != 3)
        return 0;
    char *question = strchr(target, '?');
    snprintf(request->query, sizeof request->query, "%s", question ? question + 1 : "");
    if (question)
        *question = '\0';
    snprintf(request->path, sizeof request->path, "%s", target);
    const char *connection = header(head, "Connection"), *length = header(head, "Content-Length");
    request->keep_alive = strcmp(version, "HTTP/1.1") == 0;
    if (connection)
        request->keep_alive = strncasecmp(connection, "close", 5) != 0;
    copy_id(request->id, header(head, "X-Request-Id"));
    *ret_body_len = length ? strtoul(length, NULL, 10) : 0;
    return *ret_body_len <= BODY_MAX;
}

/* What follows the request stays in the input: the next one may be there already. */
static int read_request(struct input *in, struct request *request)
{
    size_t head_len = wait_for_head(in), body_len;
    if (!head_len)
        return 0;
    in->data[head_len - 1] = '\0';
    int fine = parse_head(in->data, request, &body_len);
    if (!fine)
        return 0;
    while (in->have < head_len + body_len)
        if (!receive(in))
            return 0;
    memcpy(request->body, in->data + head_len, body_len);
    request->body[body_len] = '\0';
    request->body_len = body_len;
    in->have -= head_len + body_len;
    memmove(in->data, in->data + head_len + body_len, in->have);
    return 1;
}

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    default:
        return "Internal Server Error";
    }
}

static int send_all(int fd, struct iovec *parts, int count)
{
    while (count) {
        ssize_t n = writev(fd, parts, count);
        if (n < 0)
            return 0;
        while (count && (size_t)n >= parts->iov_len) {
            n -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count) {
            parts->iov_base = (char *)parts->iov_base + n;
            parts->iov_len -= (size_t)n;
        }
    }
    return 1;
}

static int send_reply(int fd, const struct request *request, const struct reply *reply)
{
    char head[512];
    int len = snprintf(head, sizeof head,
        "HTTP/1.1 %d %s\r\nServer: orders/1.4\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
        "Connection: %s\r\n\r\n",
        reply->status, reason(reply->status), reply->type, reply->len,
        request->keep_alive ? "keep-alive" : "close");
    int head_only = strcmp(request->method, "HEAD") == 0;
    struct iovec parts[] = {{head, (size_t)len}, {reply->body, head_only ? 0 : reply->len}};
    return send_all(fd, parts, parts[1].iov_len ? 2 : 1);
}

/* One write per line, so that workers don't mix theirs. */
static void log_access(int log_fd, const struct request *request, int status)
{
    char line[512];
    int len = snprintf(line, sizeof line, "%s %s %.300s %d\n", *request->id ? request->id : "-",
        request->method, request->path, status);
    if (log_fd >= 0 && write(log_fd, line, (size_t)len) != len)
        perror("orders: access log");
}

void http_serve(int fd, int log_fd)
{
    static struct input in;
    static struct request request;
    int more = 1;
    in.fd = fd;
    in.have = 0;
    while (more && read_request(&in, &request)) {
        struct reply reply = {.status = 200, .type = "application/json"};
        handle(&request, &reply);
        log_access(log_fd, &request, reply.status);
        more = send_reply(fd, &request, &reply) && request.keep_alive;
        free(reply.body);
    }
}
