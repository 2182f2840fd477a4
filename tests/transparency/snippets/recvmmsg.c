#include "../snippet.h"

int snippet(void)
{
    static char first[4], second[16];
    struct iovec iov[2] = {{first, sizeof first}, {second, sizeof second}};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = iov, .msg_iovlen = 1}},
        {.msg_hdr = {.msg_iov = iov + 1, .msg_iovlen = 1}}};
    struct pair pair = pair_tcp();
    client_sends(&pair, "in two parts");
    SHOW(recvmmsg(pair.server, messages, 2, 0, NULL));
    printf("lengths %u %u\n", messages[0].msg_len, messages[1].msg_len);
    show_bytes("first", first, sizeof first);
    show_bytes("second", second, 8);
    SHOW(recvmmsg(pair.server, messages, 2, MSG_DONTWAIT, NULL));
    client_sends(&pair, "one");
    SHOW(recvmmsg(pair.server, messages, 2, MSG_WAITFORONE, NULL));
    client_sends(&pair, "bad");
    SHOW(recvmmsg(pair.server, BAD_POINTER, 2, 0, NULL));
    SHOW(recvmmsg(-1, messages, 2, 0, NULL));
    pair_close(&pair);
    return 0;
}
