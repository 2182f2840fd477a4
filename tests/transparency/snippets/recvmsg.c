/* Scattered buffers, messages with rights and credentials, what is cut of them. */
#include "../snippet.h"

static union {
    char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr align;
} control;

static void show_control(struct msghdr *message)
{
    printf("flags %x, control %zu\n", message->msg_flags, (size_t)message->msg_controllen);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        printf("control message %d/%d of %zu\n", c->cmsg_level, c->cmsg_type, (size_t)c->cmsg_len);
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; at + CMSG_LEN(sizeof(int)) <= c->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
            printf("received descriptor %d\n", fd);
            SHOW(write(fd, "passed on", 9));
            close(fd);
        }
    }
}

static void send_rights(int over, int fd)
{
    static union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } rights;
    struct iovec iov = {(char[]){'f', 'd'}, 2};
    struct msghdr message = {.msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = rights.bytes,
        .msg_controllen = sizeof rights.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    SHOW(sendmsg(over, &message, 0));
}

static void with_rights(void)
{
    static char buffer[16];
    int on = 1, ends[2];
    struct pair pair = pair_unix();
    struct iovec iov = {buffer, sizeof buffer};
    if (pipe(ends))
        abort();
    send_rights(pair.client, ends[1]);
    struct msghdr message = {.msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes};
    SHOW(recvmsg(pair.server, &message, MSG_CMSG_CLOEXEC));
    show_control(&message);
    SHOW(read(ends[0], buffer, sizeof buffer));
    setsockopt(pair.server, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    send_rights(pair.client, ends[1]);
    message.msg_controllen = sizeof control.bytes;
    SHOW(recvmsg(pair.server, &message, 0));
    show_control(&message);
    send_rights(pair.client, ends[1]);
    message.msg_controllen = 4; /* too short: cut, and said so */
    SHOW(recvmsg(pair.server, &message, 0));
    printf("flags %x\n", message.msg_flags);
    close(ends[0]);
    close(ends[1]);
    pair_close(&pair);
}

int snippet(void)
{
    static char one[4], two[8];
    struct iovec iov[2] = {{one, 4}, {two, 8}};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
    struct pair pair = pair_tcp();
    client_sends(&pair, "scattered input");
    SHOW(recvmsg(pair.server, &message, MSG_PEEK));
    SHOW(recvmsg(pair.server, &message, 0));
    show_bytes("one", one, 4);
    show_bytes("two", two, 8);
    iov[0].iov_base = BAD_POINTER;
    SHOW(recvmsg(pair.server, &message, 0));
    message.msg_iovlen = 0;
    SHOW(recvmsg(pair.server, &message, 0));
    message.msg_iovlen = IOV_MAX + 1;
    SHOW(recvmsg(pair.server, &message, 0));
    SHOW(recvmsg(pair.server, BAD_POINTER, 0));
    SHOW(recvmsg(-1, &message, 0));
    SHOW(recvmsg(pair.listener, &(struct msghdr){0}, MSG_DONTWAIT));
    pair_close(&pair);
    with_rights();
    return 0;
}
