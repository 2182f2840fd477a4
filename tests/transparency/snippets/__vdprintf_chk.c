#include "../snippet.h"

#include <stdarg.h>

int __vdprintf_chk(int, int, const char *, va_list);

static int printed(int fd, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = __vdprintf_chk(fd, 1, format, list);
    va_end(list);
    return n;
}

int snippet(void)
{
    struct pair pair = pair_tcp();
    SHOW(printed(pair.server, "%s %d", "hello", 42));
    client_shows(&pair);
    SHOW(printed(pair.server, "%5.2f|%m|%%", 3.14159));
    client_shows(&pair);
    SHOW(printed(-1, "%s", "nowhere"));
    pair_close(&pair);
    return 0;
}
