/* Takes what APM Server would take as fast as it comes: inflates it and counts events. A GET
 * answers with the counts. Usage: sink ADDRESS; prints its port; ends with its standard input. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum kind { METADATA, TRANSACTION, SPAN, ERROR, METRICSET, KINDS };

static const char *const kinds[KINDS] = {"metadata", "transaction", "span", "error", "metricset"};
static _Atomic uint64_t counts[KINDS], wire_bytes, plain_bytes, bad_bodies;

struct line {
    char begin[16]; /* tells the kind */
    size_t len;
};

static void count_line(const struct line *line)
{
    for (int i = 0; i < KINDS; i++) {
        size_t n = strlen(kinds[i]);
        if (line->len > n + 3 && line->begin[0] == '{' && memcmp(line->begin + 2, kinds[i], n) == 0)
            atomic_fetch_add(&counts[i], 1);
    }
    atomic_fetch_add(&plain_bytes, line->len + 1);
}

static void take_plain(struct line *line, const char *bytes, size_t n)
{
    for (const char *end; n; n -= (size_t)(end - bytes) + 1, bytes = end + 1) {
        end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;
        for (size_t i = 0; i < part && line->len + i < sizeof line->begin; i++)
            line->begin[line->len + i] = bytes[i];
        line->len += part;
        if (!end)
            return;
        count_line(line);
        line->len = 0;
    }
}

/* False: it is not gzip. */
static int take_gzip(z_stream *stream, struct line *line, char *bytes, size_t n)
{
    char plain[64 * 1024];
    int result = Z_OK;
    stream->next_in = (Bytef *)bytes;
    stream->avail_in = (uInt)n;
    do {
        stream->next_out = (Bytef *)plain;
        stream->avail_out = sizeof plain;
        result = inflate(stream, Z_NO_FLUSH);
        take_plain(line, plain, sizeof plain - stream->avail_out);
    } while (stream->avail_out == 0 && result == Z_OK);
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

static void take_body(FILE *in, size_t left, int compressed)
{
    char bytes[64 * 1024];
    struct line line = {.len = 0};
    z_stream stream = {.zalloc = NULL};
    int good = inflateInit2(&stream, 15 + 16) == Z_OK;
    for (size_t n; left; left -= n) {
        n = fread(bytes, 1, left < sizeof bytes ? left : sizeof bytes, in);
        if (!n)
            break;
        atomic_fetch_add(&wire_bytes, n);
        if (!compressed)
            take_plain(&line, bytes, n);
        else if (good)
            good = take_gzip(&stream, &line, bytes, n);
    }
    if (!good || left)
        atomic_fetch_add(&bad_bodies, 1);
    inflateEnd(&stream);
}

static void answer_counts(FILE *out)
{
    char text[512];
    int n = snprintf(text, sizeof text,
        "{\"wire\": %" PRIu64 ", \"plain\": %" PRIu64 ", \"bad\": %" PRIu64, wire_bytes,
        plain_bytes, bad_bodies);
    for (int i = 0; i < KINDS; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ", \"%s\": %" PRIu64, kinds[i], counts[i]);
    fprintf(out, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s}", n + 1, text);
}

/* Requests of one connection, until it ends. */
static void *serve(void *connection)
{
    int fd = (int)(intptr_t)connection;
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    char line[8192];
    while (in && out && fgets(line, sizeof line, in)) {
        int post = strncmp(line, "POST", 4) == 0, compressed = 0;
        size_t length = 0;
        while (fgets(line, sizeof line, in) && strcmp(line, "\r\n") != 0) {
            if (strncasecmp(line, "Content-Length:", 15) == 0)
                length = strtoul(line + 15, NULL, 10);
            compressed |= strcasecmp(line, "Content-Encoding: gzip\r\n") == 0;
        }
        take_body(in, length, compressed);
        if (post)
            fputs("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", out);
        else
            answer_counts(out);
        fflush(out);
    }
    fclose(in);
    fclose(out);
    return NULL;
}

static void *end_with_parent(void *unused)
{
    char byte;
    (void)unused;
    while (read(0, &byte, 1) > 0)
        ;
    exit(0);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (argc != 2 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1 ||
        bind(listener, (struct sockaddr *)&address, len) || listen(listener, 16) ||
        getsockname(listener, (struct sockaddr *)&address, &len))
        return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_create(&thread, NULL, end_with_parent, NULL);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0)
            pthread_detach(thread);
    }
}
