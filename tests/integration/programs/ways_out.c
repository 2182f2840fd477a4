/* A service that answers each request by the way that its path names: ways_out PORT. */
#include <aio.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define HEAD "HTTP/1.1 203 Other\r\nContent-Length: 4\r\n\r\n"
#define ANSWER HEAD "body"

extern ssize_t __write(int, const void *, size_t);
extern ssize_t __send(int, const void *, size_t, int);

static char answer[] = ANSWER;
static const size_t length = sizeof answer - 1;

static int through_pipe(int fd, const char *text, size_t len)
{
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], text, len) != (ssize_t)len)
        return -1;
    ssize_t n = splice(ends[0], NULL, fd, NULL, len, 0);
    close(ends[0]);
    close(ends[1]);
    return (int)n;
}

static void by_stream(int fd, const char *way)
{
    FILE *out = fdopen(dup(fd), "w");
    if (strcmp(way, "fwrite_unlocked") == 0)
        fwrite_unlocked(answer, 1, length, out);
    else if (strcmp(way, "fputs_unlocked") == 0)
        fputs_unlocked(answer, out);
    else if (strcmp(way, "fwprintf") == 0)
        fwprintf(out, L"%s", answer);
    else
        fputws(L"" ANSWER, out);
    fclose(out);
}

static void by_aio(int fd)
{
    struct aiocb block = {.aio_fildes = fd, .aio_buf = answer, .aio_nbytes = length};
    const struct aiocb *list[] = {&block};
    if (aio_write(&block) == 0)
        while (aio_error(&block) == EINPROGRESS)
            aio_suspend(list, 1, NULL);
}

static void by_vectors(int fd, const char *way)
{
    struct iovec iov[2] = {{answer, 20}, {answer + 20, length - 20}};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = iov, .msg_iovlen = 1}},
        {.msg_hdr = {.msg_iov = iov + 1, .msg_iovlen = 1}}};
    if (strcmp(way, "sendmmsg") == 0)
        sendmmsg(fd, messages, 2, 0);
    else if (strcmp(way, "pwritev2") == 0)
        pwritev2(fd, iov, 2, -1, 0);
    else if (strcmp(way, "writev") == 0)
        writev(fd, iov, 2);
    else
        sendmsg(fd, &(struct msghdr){.msg_iov = iov, .msg_iovlen = 2}, 0);
}

/* The answer lies in a file that is cut while the peer has it. */
static void from_file(int fd)
{
    int file = memfd_create("answer", 0);
    if (pwrite(file, answer, length, 0) != (ssize_t)length)
        exit(3);
    char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    write(fd, map, length);
    munmap(map, 4096);
    close(file);
}

static void answer_by(int fd, const char *way)
{
    if (strcmp(way, "write") == 0)
        write(fd, answer, length);
    else if (strcmp(way, "__write") == 0)
        __write(fd, answer, length);
    else if (strcmp(way, "__send") == 0)
        __send(fd, answer, length, 0);
    else if (strcmp(way, "dprintf") == 0)
        dprintf(fd, "%s", answer);
    else if (strcmp(way, "syscall-write") == 0)
        syscall(SYS_write, fd, answer, length);
    else if (strcmp(way, "syscall-sendto") == 0)
        syscall(SYS_sendto, fd, answer, length, 0, NULL, 0);
    else if (strcmp(way, "splice") == 0)
        through_pipe(fd, answer, length);
    else if (strcmp(way, "splice-body") == 0) {
        write(fd, HEAD, sizeof HEAD - 1);
        through_pipe(fd, "body", 4);
    } else if (strcmp(way, "aio_write") == 0)
        by_aio(fd);
    else if (strcmp(way, "mapped") == 0)
        from_file(fd);
    else if (way[0] == 'f')
        by_stream(fd, way);
    else
        by_vectors(fd, way);
}

static void serve(int fd)
{
    char request[4096], way[64];
    ssize_t n;
    while ((n = read(fd, request, sizeof request - 1)) > 0) {
        request[n] = '\0';
        if (sscanf(request, "GET /%63s ", way) != 1)
            exit(4);
        answer_by(fd, way);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((unsigned short)atoi(argv[1]))};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
        return 2;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        serve(fd);
        close(fd);
    }
    return 1;
}
