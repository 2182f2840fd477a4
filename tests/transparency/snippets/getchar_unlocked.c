#include "../snippet_stdio.h"

/* getchar_unlocked(), which the compiler has inline, too. */
static int (*volatile function)(void) = getchar_unlocked;

int snippet(void)
{
    int got[3];
    struct pair pair = pair_tcp();
    client_sends(&pair, "ab");
    AS_STANDARD(pair, (got[0] = function(), got[1] = function()));
    printf("%d %d\n", got[0], got[1]);
    shutdown(pair.client, SHUT_WR);
    await_input(pair.server);
    AS_STANDARD(pair, got[2] = function());
    printf("%d\n", got[2]);
    clearerr(stdin);
    pair_close(&pair);
    return 0;
}
