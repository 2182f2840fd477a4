/* A small HTTP service: prints its port, answers each connection in a thread of its own, ends with
 * status 7 when asked for /stop, and crashes when asked for /crash. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

static atomic_int serving;

static void *serve(void *data)
{
    int fd = *(int *)data;
    char *request = malloc(4096);
    free(data);
    ssize_t n = recv(fd, request, 4095, 0);
    request[n > 0 ? n : 0] = '\0';
    if (strncmp(request, "GET /crash", 10) == 0)
        *(volatile int *)8 = 1;
    send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    close(fd);
    if (strncmp(request, "GET /stop", 9) == 0) {
        while (serving > 1) /* clients have their answers before these have returned */
            usleep(1000);
        exit(7);
    }
    free(request);
    serving--;
    return NULL;
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, len) || listen(listener, 16) ||
        getsockname(listener, (void *)&address, &len))
        return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int *fd = malloc(sizeof *fd);
        *fd = accept(listener, NULL, NULL);
        pthread_t thread;
        serving++;
        if (*fd >= 0 && pthread_create(&thread, NULL, serve, fd) == 0)
            pthread_detach(thread);
    }
}
