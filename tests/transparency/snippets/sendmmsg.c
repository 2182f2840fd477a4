#include "../snippet.h"

static char text_one[] = "one", text_two[] = "two", text_three[] = "three";

int snippet(void)
{
    struct iovec iov[3] = {{text_one, 3}, {text_two, 3}, {text_three, 5}};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = iov, .msg_iovlen = 2}},
        {.msg_hdr = {.msg_iov = iov + 2, .msg_iovlen = 1}}};
    struct pair pair = pair_tcp();
    SHOW(sendmmsg(pair.server, messages, 2, 0));
    printf("lengths %u %u\n", messages[0].msg_len, messages[1].msg_len);
    client_shows(&pair);
    SHOW(sendmmsg(pair.server, messages, 0, 0));
    iov[2].iov_base = BAD_POINTER;
    SHOW(sendmmsg(pair.server, messages, 2, 0)); /* the first alone */
    client_shows(&pair);
    SHOW(sendmmsg(pair.server, BAD_POINTER, 2, 0));
    SHOW(sendmmsg(-1, messages, 2, 0));
    pair_close(&pair);
    return 0;
}
