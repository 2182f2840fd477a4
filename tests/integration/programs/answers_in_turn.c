/* A service that reads requests in one thread and answers them in another, in their order, as soon
 * as it can: answers_in_turn PORT WAY COUNT. /7 is answered 207 by a response of 42 bytes. WAY is
 * how the other thread sends: same, on the descriptor that is read; dup, on a copy of it; stdio, by
 * a stream of that. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST = 64, PATHS = 90, FIRST_STATUS = 205 };

static sem_t received;
static int count, out;
static FILE *stream;

static void *answer_all(void *unused)
{
    char answer[64];
    for (int i = 0; i < count; i++) {
        sem_wait(&received);
        int n = snprintf(answer, sizeof answer, "HTTP/1.1 %d OK\r\nContent-Length: 4\r\n\r\nbody",
            FIRST_STATUS + i % PATHS);
        if (!stream && write(out, answer, n) != n)
            exit(3);
        if (stream && (fwrite(answer, 1, n, stream) != (size_t)n || fflush(stream) != 0))
            exit(3);
    }
    return unused;
}

static void serve(int fd, const char *way)
{
    char request[REQUEST];
    pthread_t answering;
    out = strcmp(way, "same") == 0 ? fd : dup(fd);
    stream = strcmp(way, "stdio") == 0 ? fdopen(out, "w") : NULL;
    pthread_create(&answering, NULL, answer_all, NULL);
    for (int i = 0; i < count; i++) {
        if (recv(fd, request, sizeof request, MSG_WAITALL) != REQUEST)
            exit(4);
        sem_post(&received);
    }
    pthread_join(answering, NULL);
    while (read(fd, request, sizeof request) > 0)
        ;
    if (stream)
        fclose(stream);
    else if (out != fd)
        close(out);
    close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((unsigned short)atoi(argv[1]))};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    char nothing;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
        return 2;
    count = atoi(argv[3]);
    sem_init(&received, 0, 0);
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
        if (recv(fd, &nothing, 1, MSG_PEEK) == 1) /* the test looks whether there is somebody */
            serve(fd, argv[2]);
    return argc;
}
