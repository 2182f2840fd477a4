#include "../snippet.h"

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW(dprintf(pair.server, "%s %d", "hello", 42));
    client_shows(&pair);
    SHOW(dprintf(pair.server, "%5.2f|%m|%%", 3.14159));
    client_shows(&pair);
    SHOW(dprintf(-1, "%s", "nowhere"));
    pair_close(&pair);
    return 0;
}
