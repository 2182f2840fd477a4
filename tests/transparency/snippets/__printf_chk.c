#include "../snippet_stdio.h"

int __printf_chk(int, const char *, ...);

int snippet(void)
{
    int got[2];
    struct pair pair = pair_tcp();
    AS_STANDARD(pair, got[0] = __printf_chk(1, "%s %d\n", "hello", 42));
    printf("%d\n", got[0]);
    client_shows(&pair);
    AS_STANDARD(pair, got[1] = __printf_chk(1, "plain %c", 120));
    printf("%d\n", got[1]);
    client_shows(&pair);
    pair_close(&pair);
    return 0;
}
