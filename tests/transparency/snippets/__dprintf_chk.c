#include "../snippet.h"

int __dprintf_chk(int, int, const char *, ...);

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW(__dprintf_chk(pair.server, 1, "%s %d", "hello", 42));
    client_shows(&pair);
    SHOW(__dprintf_chk(pair.server, 1, "%5.2f|%m|%%", 3.14159));
    client_shows(&pair);
    SHOW(__dprintf_chk(-1, 1, "%s", "nowhere"));
    pair_close(&pair);
    return 0;
}
