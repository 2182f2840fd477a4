#include "../snippet_stdio.h"

int snippet(void)
{
    int got[2];
    struct pair pair = pair_tcp();
    AS_STANDARD(pair, got[0] = puts("hello") >= 0);
    printf("%d\n", got[0]);
    client_shows(&pair);
    AS_STANDARD(pair, got[1] = puts("") >= 0);
    printf("%d\n", got[1]);
    client_shows(&pair);
    pair_close(&pair);
    return 0;
}
