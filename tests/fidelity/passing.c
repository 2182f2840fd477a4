/* passing PORT CONNINFO: one process accepts and passes each connection to a worker process over a
 * Unix socket (SCM_RIGHTS). */
#include "server.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS = 8 };

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static void pass(int channel, int fd)
{
    char byte = 'c';
    struct iovec iov = {&byte, 1};
    union control control;
    struct msghdr message = {.msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(channel, &message, 0) != 1)
        die("sendmsg");
}

static int receive(int channel)
{
    char byte;
    int fd;
    struct iovec iov = {&byte, 1};
    union control control;
    struct msghdr message = {.msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes};
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1)
        return -1;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static void work(int channel, const char *conninfo)
{
    PGconn *conn = connect_to(conninfo);
    int fd;
    while ((fd = receive(channel)) >= 0) {
        serve_connection(fd, fd, conn);
        close(fd);
    }
    _exit(0);
}

int main(int argc, char **argv)
{
    int channels[2];
    if (argc != 3)
        return 2;
    int listener = listen_on(argv[1]);
    /* Whichever worker is free takes the next one. */
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, channels) < 0)
        die("socketpair");
    for (int i = 0; i < WORKERS; i++)
        if (fork() == 0) {
            close(channels[0]);
            close(listener);
            work(channels[1], argv[2]);
        }
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        pass(channels[0], fd);
        close(fd);
    }
}
