#include "../snippet.h"

ssize_t __recvfrom_chk(
    int, void *restrict, size_t, size_t, int, struct sockaddr *restrict, socklen_t *restrict);

int snippet(void)
{
    static char buffer[16];
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    struct pair pair = pair_tcp();
    client_sends(&pair, "checked");
    SHOW(__recvfrom_chk(pair.server, buffer, 3, sizeof buffer, 0, (void *)&from, &len));
    printf("address of %u bytes\n", len);
    SHOW(__recvfrom_chk(pair.server, buffer, 16, sizeof buffer, MSG_DONTWAIT, NULL, NULL));
    show_bytes("got", buffer, 4);
    SHOW(__recvfrom_chk(pair.server, buffer, 16, sizeof buffer, MSG_DONTWAIT, NULL, NULL));
    SHOW(__recvfrom_chk(-1, buffer, 16, sizeof buffer, 0, NULL, NULL));
    pair_close(&pair);
    return 0;
}
