#include "../snippet_stdio.h"

int snippet(void)
{
    int got[3];
    struct pair pair = pair_tcp();
    client_sends(&pair, "ab");
    AS_STANDARD(pair, (got[0] = getchar(), got[1] = getchar()));
    printf("%d %d\n", got[0], got[1]);
    shutdown(pair.client, SHUT_WR);
    await_input(pair.server);
    AS_STANDARD(pair, got[2] = getchar());
    printf("%d\n", got[2]);
    clearerr(stdin);
    pair_close(&pair);
    return 0;
}
