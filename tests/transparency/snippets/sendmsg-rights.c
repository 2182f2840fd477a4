/* A recorded connection hands a descriptor, even its own, to somebody else. */
#include "../snippet.h"

static union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
} control;

int snippet(void)
{
    struct pair pair = pair_unix();
    struct iovec iov = {(char[]){'f', 'd'}, 2};
    struct msghdr message = {.msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(c), &pair.server, sizeof(int));
    SHOW(sendmsg(pair.server, &message, 0));
    SHOW(recvmsg(pair.client, &message, 0));
    int copy;
    memcpy(&copy, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof copy);
    SHOW(close(pair.server));
    SHOW(write(copy, "by the copy", 11));
    client_shows(&pair);
    SHOW(close(copy));
    c = CMSG_FIRSTHDR(&message);
    memcpy(CMSG_DATA(c), &copy, sizeof copy);
    SHOW(sendmsg(pair.client, &message, MSG_NOSIGNAL));
    close(pair.client);
    close(pair.listener);
    return 0;
}
