/* The snippets' helpers. They use raw system calls where the recorder is not to be in the way. */
#include "snippet.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

void show_result(const char *call, long result, int error)
{
    printf("%s = %ld", call, result);
    if (error != ERRNO_BEFORE)
        printf(" errno %d", error);
    putchar('\n');
}

void show_bytes(const char *what, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    printf("%s [%zu] ", what, len);
    for (size_t i = 0; i < len && i < 64; i++)
        printf(bytes[i] >= 32 && bytes[i] < 127 ? "%c" : "\\%02x", bytes[i]);
    putchar('\n');
}

static void die(const char *what)
{
    perror(what);
    abort();
}

static int begin_setup(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}

static int listening(int family, struct sockaddr *address, socklen_t len)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, address, len) || listen(fd, 16))
        die("listen");
    return fd;
}

int listener_tcp(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return listening(AF_INET, (void *)&address, sizeof address);
}

int client_of(int listener)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    if (getsockname(listener, (void *)&address, &len))
        die("getsockname");
    int fd = socket(address.ss_family, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (void *)&address, len))
        die("connect");
    return fd;
}

static struct pair complete(struct pair pair, int state)
{
    pair.client = client_of(pair.listener);
    pair.server = accept(pair.listener, NULL, NULL);
    if (pair.server < 0)
        die("accept");
    pthread_setcancelstate(state, NULL);
    return pair;
}

struct pair pair_tcp(void)
{
    int state = begin_setup();
    return complete((struct pair){.listener = listener_tcp()}, state);
}

struct pair pair_unix(void)
{
    int state = begin_setup();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t autobind = sizeof address.sun_family;
    return complete(
        (struct pair){.listener = listening(AF_UNIX, (void *)&address, autobind)}, state);
}

void pair_close(const struct pair *pair)
{
    int state = begin_setup();
    close(pair->server);
    close(pair->client);
    close(pair->listener);
    pthread_setcancelstate(state, NULL);
}

void await_input(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    struct timespec limit = {.tv_sec = 5};
    syscall(SYS_ppoll, &poll_fd, 1, &limit, NULL, 0);
}

void client_sends(const struct pair *pair, const char *text)
{
    if (syscall(SYS_sendto, pair->client, text, strlen(text), 0, NULL, 0) < 0)
        die("sendto");
    await_input(pair->server);
}

void client_shows(const struct pair *pair)
{
    static char got[65536];
    await_input(pair->client);
    long n = syscall(SYS_recvfrom, pair->client, got, sizeof got, MSG_DONTWAIT, NULL, NULL);
    show_bytes("client got", got, n > 0 ? (size_t)n : 0);
}

static struct {
    volatile sig_atomic_t count;
    int timer;
    int server_of; /* the client's descriptor to send on, or -1 */
    const char *text;
} alarm_state;

static void on_alarm(int number)
{
    int saved = errno;
    alarm_state.count++;
    if (alarm_state.server_of >= 0)
        syscall(SYS_sendto, alarm_state.server_of, alarm_state.text, strlen(alarm_state.text), 0,
            NULL, 0);
    errno = saved;
    (void)number;
}

void alarm_in(int milliseconds, int flags, const struct pair *pair, const char *text)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2};
    struct itimerspec when = {
        .it_value = {.tv_nsec = milliseconds * 1000000L},
        .it_interval = {.tv_sec = 10}, /* for a call that was late for the first */
    };
    event._sigev_un._tid = (int)syscall(SYS_gettid);
    alarm_state.server_of = pair ? pair->client : -1;
    alarm_state.text = text;
    alarm_state.count = 0;
    sigaction(SIGUSR2, &action, NULL);
    syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &alarm_state.timer);
    syscall(SYS_timer_settime, alarm_state.timer, 0, &when, NULL);
}

/* A call that did not wait may be here before its alarm. */
void alarm_show(void)
{
    syscall(SYS_timer_delete, alarm_state.timer);
    printf("alarms %d\n", (int)alarm_state.count);
    signal(SIGUSR2, SIG_DFL);
}

void set_timeout(int fd, int option, int milliseconds)
{
    struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

void set_nonblocking(int fd)
{
    int on = 1;
    syscall(SYS_ioctl, fd, 0x5421 /* FIONBIO */, &on);
}

void set_unwaiting(int fd)
{
    int on = 1;
    set_nonblocking(fd);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void set_buffer(int fd, int option, int bytes)
{
    setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
}
