#include "../snippet_stdio.h"

#include <stdarg.h>
#include <wchar.h>

static int printed(FILE *stream, const wchar_t *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vfwprintf(stream, format, list);
    va_end(list);
    return n;
}

int snippet(void)
{
    struct streams s = streams_new();
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, printed(s.out, L"%ls %d\n", L"hello", 42));
    SHOW(fwide(s.out, 0) > 0);
    client_shows(&s.pair);
    SHOW_STREAM(s.in, printed(s.in, L"x")); /* not for writing */
    streams_close(&s);
    return 0;
}
