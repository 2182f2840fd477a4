/* The classic service on stdio. stdio_service inetd: one connection, on standard input and output.
 * stdio_service PORT fdopen|dup2|line|unbuffered: one process per connection.
 * Answers each request with its method, path and number of body bytes; logs it to STDIO_LOG. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static FILE *request_log;

static void answer(FILE *out, const char *method, const char *path, const char *id, long body)
{
    char text[64];
    int status = strcmp(path, "/missing") == 0 ? 404 : 200;
    int pad = strcmp(path, "/large") == 0 ? 20000 : 0;
    int len = snprintf(text, sizeof text, "%s %ld", method, body);
    fprintf(out, "HTTP/1.1 %d %s\r\n", status, "Whatever");
    fputs("Server: stdio\r\n", out);
    fprintf(out, "Content-Length: %d\r\n\r\n", len + pad);
    fwrite(text, 1, (size_t)len, out);
    for (int i = 0; i < pad; i++)
        putc('x', out);
    fprintf(request_log, "%s %s %s %d\n", *id ? id : "-", method, path, status);
    fflush(request_log);
}

/* False: there is no request any more. */
static int serve_one(FILE *in, FILE *out)
{
    char line[8192], method[32], path[1024], id[128] = "", block[1000];
    long length = 0;
    if (!fgets(line, sizeof line, in) || sscanf(line, "%31s %1023s", method, path) != 2)
        return 0;
    while (fgets(line, sizeof line, in) && strcmp(line, "\r\n") != 0) {
        sscanf(line, "X-Request-Id: %127s", id);
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            length = atol(line + 15);
    }
    for (long left = length; left > 0;) {
        size_t n = fread(block, 1, left < 1000 ? (size_t)left : 1000, in);
        if (n == 0)
            return 0;
        left -= (long)n;
    }
    answer(out, method, path, id, length);
    return strcmp(path, "/last") != 0;
}

static void serve(FILE *in, FILE *out)
{
    while (serve_one(in, out))
        fflush(out);
}

static void connection(int fd, const char *mode)
{
    if (strcmp(mode, "dup2") == 0) {
        dup2(fd, 0);
        dup2(fd, 1);
        close(fd);
        serve(stdin, stdout);
        exit(0);
    }
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    if (strcmp(mode, "line") == 0)
        setlinebuf(out);
    if (strcmp(mode, "unbuffered") == 0)
        setbuf(out, NULL);
    serve(in, out);
    fclose(out);
    fclose(in);
    _exit(0);
}

int main(int argc, char **argv)
{
    request_log = fopen(getenv("STDIO_LOG"), "a");
    if (!request_log || argc < 2)
        return 1;
    if (strcmp(argv[1], "inetd") == 0) {
        serve(stdin, stdout);
        return 0; /* what is buffered goes out now */
    }
    signal(SIGCHLD, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((uint16_t)atoi(argv[1]))};
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 64))
        return 1;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            close(listener);
            connection(fd, argv[2]);
        }
        close(fd);
    }
}
