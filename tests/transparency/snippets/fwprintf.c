#include "../snippet_stdio.h"

#include <stdarg.h>
#include <wchar.h>

int snippet(void)
{
    struct streams s = streams_new();
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, fwprintf(s.out, L"%ls %d\n", L"hello", 42));
    SHOW(fwide(s.out, 0) > 0);
    client_shows(&s.pair);
    SHOW_STREAM(s.in, fwprintf(s.in, L"x")); /* not for writing */
    streams_close(&s);
    return 0;
}
