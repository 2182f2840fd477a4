#include "../snippet.h"

void closefrom(int);

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW_VOID(closefrom(1000));
    SHOW(write(pair.server, "there", 5));
    client_shows(&pair);
    SHOW_VOID(closefrom(3));
    SHOW(write(pair.server, "x", 1));
    SHOW_VOID(closefrom(3));
    pair = pair_tcp();
    SHOW(write(pair.server, "new", 3));
    client_shows(&pair);
    pair_close(&pair);
    return 0;
}
