#include "../snippet.h"

#include <netinet/in.h>

int snippet(void)
{
    static char buffer[32];
    struct sockaddr_in from = {0};
    socklen_t len = sizeof from;
    struct pair pair = pair_tcp();
    client_sends(&pair, "one two three");
    SHOW(recvfrom(pair.server, buffer, 4, 0, NULL, NULL));
    show_bytes("got", buffer, 4);
    SHOW(recvfrom(pair.server, buffer, 4, MSG_DONTWAIT, (void *)&from, &len));
    printf("address of %u bytes, family %d\n", len, from.sin_family);
    SHOW(recvfrom(pair.server, buffer, 2, MSG_PEEK | MSG_TRUNC, NULL, NULL));
    SHOW(recvfrom(pair.server, buffer, 0, 0, NULL, NULL));
    SHOW(recvfrom(pair.server, BAD_POINTER, 4, 0, NULL, NULL));
    SHOW(recvfrom(pair.server, buffer, 4, 0, (void *)&from, BAD_POINTER));
    SHOW(recvfrom(pair.server, buffer, 32, MSG_DONTWAIT, NULL, NULL));
    SHOW(recvfrom(pair.server, buffer, 32, MSG_DONTWAIT, NULL, NULL));
    SHOW(recvfrom(-1, buffer, 4, 0, NULL, NULL));
    SHOW(recvfrom(0, buffer, 4, 0, NULL, NULL));
    pair_close(&pair);
    return 0;
}
