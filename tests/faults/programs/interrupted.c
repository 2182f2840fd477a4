/* A service of one thread, its own client, that a timer interrupts every 60 µs: the handler sends
 * on a connection of its own. Its stack lies where the argument says: "above" the thread's, "below"
 * it, "disarmed" (above, and not known to the kernel while in use). With "leaves" it now and then
 * does not return. Says how many requests were made until the last twenty, when there is no timer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 256 << 10, HANDLER_STACK = 64 << 10, ROUNDS = 800, QUIET = 20 };
#define DISARMED (1U << 31) /* SS_AUTODISARM */

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
static const char beat[] = "HTTP/1.1 100 Continue\r\n\r\n";
static struct sockaddr_in address;
static int listener, control = -1;
static const char *manner;
static char *area;
static sigjmp_buf back;
static volatile sig_atomic_t leaves, beats;

static void on_timer(int number)
{
    int saved_errno = errno;
    (void)number;
    (void)!send(control, beat, sizeof beat - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    beats++;
    if (leaves && beats % 64 == 0)
        siglongjmp(back, 1);
    errno = saved_errno;
}

static void check(bool fine, const char *what)
{
    if (fine)
        return;
    perror(what);
    exit(1);
}

static void set_timer(suseconds_t every)
{
    struct itimerval timer = {{0, every}, {0, every}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void block_timer(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(how, &set, NULL);
}

static int connected(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(fd >= 0, "socket");
    while (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        if (errno == EISCONN)
            break;
        else
            check(errno == EINTR || errno == EALREADY, "connect");
    return fd;
}

static volatile int ends[2] = {-1, -1}; /* of the connection at hand */

static void close_end(int end)
{
    int fd = ends[end];
    ends[end] = -1; /* before: a number that was closed may be another's */
    close(fd);
}

/* The server's end of it, past those that were left behind. */
static void accept_it(void)
{
    struct sockaddr_in own, peer;
    socklen_t len = sizeof own;
    getsockname(ends[0], (struct sockaddr *)&own, &len);
    for (;;) {
        ends[1] = accept(listener, (struct sockaddr *)&peer, &len);
        check(ends[1] >= 0 || errno == EINTR, "accept");
        if (ends[1] >= 0 && peer.sin_port == own.sin_port)
            return;
        close_end(1);
    }
}

static void request(const char *path, int number)
{
    char text[512];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\nX-Request-Id: f-%d\r\n\r\n",
        path, number);
    ends[0] = connected();
    check(write(ends[0], text, (size_t)n) == n, "write");
    accept_it();
    check(read(ends[1], text, sizeof text) > 0, "read");
    check(write(ends[1], answer, sizeof answer - 1) > 0, "answer");
    close_end(1);
    check(read(ends[0], text, sizeof text) > 12, "read the answer");
    close_end(0);
}

static void *serve(void *unused)
{
    static volatile int done, last;
    stack_t stack = {.ss_size = HANDLER_STACK};
    stack.ss_sp = strcmp(manner, "below") == 0 ? area : area + HANDLER_STACK + STACK;
    stack.ss_flags = strcmp(manner, "disarmed") == 0 ? (int)DISARMED : 0;
    check(sigaltstack(&stack, NULL) == 0, "sigaltstack");
    block_timer(SIG_UNBLOCK);
    if (sigsetjmp(back, 1) != 0) {
        close_end(0);
        close_end(1);
    }
    leaves = strcmp(manner, "leaves") == 0;
    while (done < ROUNDS)
        request("/interrupted", done++);
    leaves = 0;
    set_timer(0);
    for (last = 0; last < QUIET; last++)
        request("/quiet", ROUNDS + last);
    return unused;
}

static void *drain(void *fd)
{
    char bytes[65536];
    while (read(*(int *)fd, bytes, sizeof bytes) > 0)
        ;
    return NULL;
}

int main(int argc, char **argv)
{
    socklen_t len = sizeof address;
    pthread_t server, reader;
    pthread_attr_t attributes;
    char text[512];
    manner = argc > 1 ? argv[1] : "above";
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    check(bind(listener, (struct sockaddr *)&address, len) == 0, "bind");
    check(listen(listener, 128) == 0, "listen");
    getsockname(listener, (struct sockaddr *)&address, &len);

    static int client;
    static const char asked[] = "GET /control HTTP/1.1\r\nHost: x\r\n\r\n";
    client = connected();
    check(write(client, asked, sizeof asked - 1) > 0, "write");
    control = accept(listener, NULL, NULL);
    check(read(control, text, sizeof text) > 0, "read");

    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_ONSTACK | SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    block_timer(SIG_BLOCK);
    area = mmap(NULL, STACK + 2 * HANDLER_STACK, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(area != MAP_FAILED, "mmap");
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, area + HANDLER_STACK, STACK);
    set_timer(60);
    check(pthread_create(&reader, NULL, drain, &client) == 0, "thread");
    check(pthread_create(&server, &attributes, serve, NULL) == 0, "thread");
    pthread_join(server, NULL);
    shutdown(client, SHUT_RDWR);
    pthread_join(reader, NULL);
    close(control);
    printf("%d\n", ROUNDS);
    return beats ? 0 : 2;
}
