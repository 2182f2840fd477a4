/* A service that answers each request by the way that its path names: ways_out PORT WAY-IN, which
 * is how it reads them. If that is "fork" each connection has a process of its own that ends
 * without closing; if it is "filtered" there is a filter of system calls from the start, which
 * allows all. */
#include <aio.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define HEAD "HTTP/1.1 203 Other\r\nContent-Length: 4\r\n\r\n"
#define ANSWER HEAD "body"
#define INTERIM "HTTP/1.1 103 Early Hints\r\n\r\n"

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

/* The functions, which the compiler has inline too. */
static int (*volatile put_one)(int, FILE *) = putc_unlocked;
static int (*volatile get_one)(FILE *) = getc_unlocked;

static void print_list(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
}

static void by_stream(int fd, const char *way)
{
    FILE *out = fdopen(dup(fd), "w");
    if (strcmp(way, "fputc_unlocked") == 0) {
        for (size_t i = 0; i < length; i++)
            put_one(answer[i], out);
    } else if (strcmp(way, "fvprintf") == 0) {
        FILE *usual = stdout;
        stdout = out;
        print_list("%s", answer);
        stdout = usual;
    } else if (strcmp(way, "fseek") == 0) { /* sends what was written */
        fputs(answer, out);
        fseek(out, 0, SEEK_CUR);
    } else if (strcmp(way, "fputwc") == 0) {
        for (size_t i = 0; i < length; i++)
            fputwc((wchar_t)answer[i], out);
    } else if (strcmp(way, "fwrite_unlocked") == 0)
        fwrite_unlocked(answer, 1, length, out);
    else if (strcmp(way, "fputs_unlocked") == 0)
        fputs_unlocked(answer, out);
    else if (strcmp(way, "fwprintf") == 0)
        fwprintf(out, L"%s", answer);
    else
        fputws(L"" ANSWER, out);
    fclose(out);
}

static ssize_t finished(struct aiocb *block)
{
    const struct aiocb *list[] = {block};
    while (aio_error(block) == EINPROGRESS)
        aio_suspend(list, 1, NULL);
    return aio_return(block);
}

static void by_aio(int fd, const char *way)
{
    struct aiocb block = {
        .aio_fildes = fd, .aio_buf = answer, .aio_nbytes = length, .aio_lio_opcode = LIO_WRITE};
    struct aiocb *list[] = {NULL, &block};
    if ((strcmp(way, "lio_listio") == 0 ? lio_listio(LIO_NOWAIT, list, 2, NULL)
                                        : aio_write(&block)) == 0)
        finished(&block);
}

/* By nothing that has a name. */
static void inline_write(int fd, const char *bytes, size_t n)
{
    long result = SYS_write;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"((long)fd), "S"(bytes), "d"(n)
                     : "rcx", "r11", "memory");
}

static void by_vectors(int fd, const char *way)
{
    struct iovec iov[2] = {{answer, 20}, {answer + 20, length - 20}};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = iov, .msg_iovlen = 1}},
        {.msg_hdr = {.msg_iov = iov + 1, .msg_iovlen = 1}}};
    struct msghdr both = {.msg_iov = iov, .msg_iovlen = 2};
    if (strcmp(way, "syscall-writev") == 0)
        syscall(SYS_writev, fd, iov, 2);
    else if (strcmp(way, "syscall-sendmsg") == 0)
        syscall(SYS_sendmsg, fd, &both, 0);
    else if (strcmp(way, "sendmmsg") == 0)
        sendmmsg(fd, messages, 2, 0);
    else if (strcmp(way, "pwritev2") == 0)
        pwritev2(fd, iov, 2, -1, 0);
    else if (strcmp(way, "writev") == 0)
        writev(fd, iov, 2);
    else
        sendmsg(fd, &both, 0);
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
    } else if (strcmp(way, "inline") == 0)
        inline_write(fd, answer, length);
    else if (strcmp(way, "interim") == 0) {
        inline_write(fd, INTERIM, sizeof INTERIM - 1);
        write(fd, answer, length);
    } else if (strcmp(way, "inline-body") == 0) {
        write(fd, HEAD, sizeof HEAD - 1);
        inline_write(fd, "body", 4);
    } else if (strcmp(way, "aio_write") == 0 || strcmp(way, "lio_listio") == 0)
        by_aio(fd, way);
    else if (strcmp(way, "mapped") == 0)
        from_file(fd);
    else if (way[0] == 'f')
        by_stream(fd, way);
    else
        by_vectors(fd, way);
}

static int one_byte(int fd)
{
    unsigned char byte;
    return recv(fd, &byte, 1, 0) == 1 ? byte : EOF;
}

static ssize_t by_bytes(int fd, FILE *in, char *request)
{
    ssize_t n = 0;
    for (int c; (c = in ? get_one(in) : one_byte(fd)) != EOF;) {
        request[n++] = (char)c;
        if (n >= 4 && memcmp(request + n - 4, "\r\n\r\n", 4) == 0)
            return n;
    }
    return 0;
}

static ssize_t receive_by(const char *way, int fd, FILE *in, char *request, size_t room)
{
    struct iovec iov = {request, room};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    struct aiocb block = {.aio_fildes = fd, .aio_buf = request, .aio_nbytes = room};
    if (strcmp(way, "preadv2") == 0)
        return preadv2(fd, &iov, 1, -1, 0);
    if (strcmp(way, "syscall-readv") == 0)
        return syscall(SYS_readv, fd, &iov, 1);
    if (strcmp(way, "syscall-recvmsg") == 0)
        return syscall(SYS_recvmsg, fd, &message, 0);
    if (strcmp(way, "aio_read") == 0)
        return aio_read(&block) == 0 ? finished(&block) : -1;
    if (in || strcmp(way, "bytes") == 0)
        return by_bytes(fd, in, request);
    return read(fd, request, room);
}

static void serve(int fd, const char *way_in)
{
    char request[4096], way[64];
    ssize_t n;
    FILE *in = strcmp(way_in, "getc_unlocked") == 0 ? fdopen(dup(fd), "r") : NULL;
    while ((n = receive_by(way_in, fd, in, request, sizeof request - 1)) > 0) {
        request[n] = '\0';
        if (sscanf(request, "GET /%63s ", way) != 1)
            exit(4);
        if (strcmp(way, "silence") == 0)
            break;
        answer_by(fd, way);
    }
    if (in)
        fclose(in);
}

static void run_filtered(char **argv)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {1, &allow};
    char read_way[] = "read", *changed[] = {argv[0], argv[1], read_way, NULL};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0)
        execv(argv[0], changed);
    exit(5);
}

int main(int argc, char **argv)
{
    if (strcmp(argv[2], "filtered") == 0)
        run_filtered(argv);
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((unsigned short)atoi(argv[1]))};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;
    pid_t first = getpid();
    signal(SIGCHLD, SIG_IGN);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
        return 2;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        bool forks = strcmp(argv[2], "fork") == 0;
        if (!forks || fork() == 0)
            serve(fd, argv[2]);
        if (forks && getpid() != first)
            return 0;
        close(fd);
    }
    return 1;
}
