#include "../snippet.h"

#include <netinet/in.h>

int snippet(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct pair pair = pair_tcp();
    SHOW(sendto(pair.server, "plain", 5, 0, NULL, 0));
    SHOW(sendto(pair.server, "addressed", 9, 0, (void *)&to, sizeof to));
    client_shows(&pair);
    SHOW(sendto(pair.server, "x", 1, 0, BAD_POINTER, sizeof to));
    SHOW(sendto(pair.server, BAD_POINTER, 9, 0, NULL, 0));
    SHOW(sendto(pair.server, "x", 1, 0, (void *)&to, 4096));
    SHOW(sendto(-1, "x", 1, 0, NULL, 0));
    pair_close(&pair);
    return 0;
}
