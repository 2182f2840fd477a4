/* A service whose connections are closed by ways that nothing can see: the number's next owner is a
 * file whose lines look like requests. closed_unseen PORT WAY FILE */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 203 Other\r\nContent-Length: 4\r\n\r\nbody";

static void close_raw(int fd)
{
#if defined(__x86_64__)
    long result, number = SYS_close;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"((long)fd)
                     : "rcx", "r11", "memory");
#else
    syscall(SYS_close, fd);
#endif
}

static void close_by(const char *way, int fd, const char *path)
{
    static char text[4096];
    if (strcmp(way, "number") == 0)
        syscall(SYS_close, fd);
    else
        close_raw(fd);
    if (strcmp(way, "fopen") == 0) {
        FILE *file = fopen(path, "r+");
        if (!file || fileno(file) != fd || !fgets(text, sizeof text, file))
            exit(5);
        fclose(file);
        return;
    }
    int file = open(path, O_RDWR);
    if (file != fd || read(file, text, sizeof text) <= 0 || write(file, text, 20) != 20)
        exit(5);
    close(file);
}

int main(int argc, char **argv)
{
    char request[4096];
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((unsigned short)atoi(argv[1]))};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, fd;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
        return 2;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        if (read(fd, request, sizeof request) > 0 && !strstr(request, "unanswered"))
            write(fd, answer, sizeof answer - 1);
        close_by(argv[2], fd, argv[3]);
    }
    return 1;
}
