#include "../snippet_stdio.h"

#include <stdarg.h>

int __vprintf_chk(int, const char *, va_list);

static int print_list(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = __vprintf_chk(1, format, list);
    va_end(list);
    return n;
}

int snippet(void)
{
    int got[2];
    struct pair pair = pair_tcp();
    AS_STANDARD(pair, got[0] = print_list("%s %d", "hello", 42));
    client_shows(&pair);
    AS_STANDARD(pair, got[1] = print_list("%5.2f|%%\n", 3.14159));
    client_shows(&pair);
    printf("%d %d\n", got[0], got[1]);
    pair_close(&pair);
    return 0;
}
