/* While a thread waits in the call that sends one answer, a signal handler of its sends another:
 * answers_in_handler PORT. Two connections, a request on each; SIGUSR1 once the first waits. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY = 4 << 20 };
static char large[BODY + 100];
static const char small[] = "HTTP/1.1 203 Other\r\nContent-Length: 5\r\n\r\nsmall";
static volatile int second;

static void answer_second(int number)
{
    write(second, small, sizeof small - 1);
}

static int next(int listener)
{
    char request[4096];
    int fd = accept(listener, NULL, NULL), size = 8192;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (read(fd, request, sizeof request) <= 0)
        exit(3);
    return fd;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((unsigned short)atoi(argv[1]))};
    struct sigaction action = {.sa_handler = answer_second, .sa_flags = SA_RESTART};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    sigaction(SIGUSR1, &action, NULL);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
        return 2;
    int first = next(listener);
    second = next(listener);
    int head = snprintf(large, 100, "HTTP/1.1 201 This\r\nContent-Length: %d\r\n\r\n", BODY);
    size_t total = (size_t)head + BODY, sent = 0;
    while (sent < total) { /* a handler ends a call that has sent a part */
        ssize_t n = write(first, large + sent, total - sent);
        if (n <= 0)
            return 4;
        sent += (size_t)n;
    }
    close(first);
    close(second);
    return 0;
}
