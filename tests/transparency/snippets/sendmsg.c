#include "../snippet.h"

static char text_gather[64] = "gather";
static char text_edoutput[64] = "ed output";
static char text_m[64] = "m";
static struct iovec many[IOV_MAX + 1];

int snippet(void)
{
    struct iovec iov[2] = {{text_gather, 6}, {text_edoutput, 9}};
    struct msghdr message = {.msg_iov = iov, .msg_iovlen = 2};
    struct pair pair = pair_tcp();
    SHOW(sendmsg(pair.server, &message, 0));
    client_shows(&pair);
    message.msg_iovlen = 0;
    SHOW(sendmsg(pair.server, &message, 0));
    message.msg_iovlen = 2;
    iov[1].iov_base = BAD_POINTER;
    SHOW(sendmsg(pair.server, &message, 0));
    client_shows(&pair);
    for (int i = 0; i <= IOV_MAX; i++)
        many[i] = (struct iovec){text_m, 1};
    message = (struct msghdr){.msg_iov = many, .msg_iovlen = IOV_MAX};
    SHOW(sendmsg(pair.server, &message, 0));
    client_shows(&pair);
    message.msg_iovlen++;
    SHOW(sendmsg(pair.server, &message, 0));
    SHOW(sendmsg(pair.server, BAD_POINTER, 0));
    SHOW(sendmsg(pair.server, NULL, 0));
    SHOW(sendmsg(-1, &message, 0));
    pair_close(&pair);
    return 0;
}
