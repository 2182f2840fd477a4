#include "../snippet_stdio.h"

/* putchar_unlocked(), which the compiler has inline, too. */
static int (*volatile function)(int) = putchar_unlocked;

int snippet(void)
{
    int got[2];
    struct pair pair = pair_tcp();
    AS_STANDARD(pair, got[0] = function('x'));
    printf("%d\n", got[0]);
    client_shows(&pair);
    AS_STANDARD(pair, got[1] = function('\n'));
    printf("%d\n", got[1]);
    client_shows(&pair);
    pair_close(&pair);
    return 0;
}
