/* A service whose answers are somebody else's before the call that sends them returns: once the
 * client has an answer's head, the page that it lay in is given back, or holds the next answer, and
 * so does the vector that named it. handed_over PORT WAY FATE ROUNDS */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SIZE = 4 << 20, PAGE = 4096 };

static const char *way, *fate;
static struct sockaddr_in address = {.sin_family = AF_INET};
static char *volatile answer;
static struct vectors {
    struct iovec iov[2];
    struct msghdr message;
} *volatile vectors;

static void need(int there)
{
    if (!there) {
        perror(way);
        exit(3);
    }
}

/* A head that fills its page. */
static void write_head(char *at, const char *status)
{
    int len =
        snprintf(at, PAGE, "HTTP/1.1 %s\r\nContent-Length: %d\r\nX-Padding: ", status, SIZE - PAGE);
    memset(at + len, 'p', PAGE - (size_t)len);
    memcpy(at + PAGE - 4, "\r\n\r\n", 4);
}

/* The client has the head, and the server is still within its call: it waits for the rest. */
static void hand_over(void)
{
    memset(vectors, 0, sizeof *vectors);
    if (strcmp(fate, "unmapped") == 0)
        need(munmap(answer, PAGE) == 0);
    else
        write_head(answer, "500 Next");
}

static void *be_client(void *rounds)
{
    static char buffer[1 << 16];
    for (int i = 0; i < *(int *)rounds; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0), size = 8192;
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        need(connect(fd, (void *)&address, sizeof address) == 0);
        int len = snprintf(buffer, sizeof buffer, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i);
        need(write(fd, buffer, (size_t)len) == len);
        ssize_t got = 0, n;
        while (got < PAGE && (n = read(fd, buffer, PAGE)) > 0)
            got += n;
        need(got >= PAGE);
        hand_over();
        while ((n = read(fd, buffer, sizeof buffer)) > 0)
            got += n;
        need(got == SIZE);
        close(fd);
    }
    return NULL;
}

static ssize_t send_by(int fd)
{
    struct vectors *v = vectors;
    v->iov[0] = (struct iovec){answer, PAGE};
    v->iov[1] = (struct iovec){answer + PAGE, SIZE - PAGE};
    v->message = (struct msghdr){.msg_iov = v->iov, .msg_iovlen = 2};
    if (strcmp(way, "write") == 0)
        return write(fd, answer, SIZE);
    if (strcmp(way, "send") == 0)
        return send(fd, answer, SIZE, 0);
    if (strcmp(way, "sendto") == 0)
        return sendto(fd, answer, SIZE, 0, NULL, 0);
    if (strcmp(way, "writev") == 0)
        return writev(fd, v->iov, 2);
    if (strcmp(way, "sendmsg") == 0)
        return sendmsg(fd, &v->message, 0);
    FILE *out = fdopen(dup(fd), "w");
    size_t n = fwrite(answer, 1, SIZE, out);
    fclose(out);
    return (ssize_t)n;
}

static void serve(int fd)
{
    char request[4096];
    int size = 8192;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    need(read(fd, request, sizeof request) > 0);
    answer = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(answer != MAP_FAILED);
    memset(answer, 'b', SIZE);
    write_head(answer, "201 This");
    need(send_by(fd) == SIZE);
    close(fd);
    munmap(answer, SIZE);
}

int main(int argc, char **argv)
{
    int one = 1, rounds = atoi(argv[4]), listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t client;
    way = argv[2];
    fate = argv[3];
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    need(bind(listener, (void *)&address, sizeof address) == 0 && listen(listener, 64) == 0);
    vectors = calloc(1, sizeof *vectors);
    pthread_create(&client, NULL, be_client, &rounds);
    for (int i = 0; i < rounds; i++)
        serve(accept(listener, NULL, NULL));
    pthread_join(client, NULL);
    return 0;
}
