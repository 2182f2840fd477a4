#include "../snippet_stdio.h"

#include <stdarg.h>
#include <wchar.h>

int snippet(void)
{
    struct streams s = streams_new();
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, fputws(L"hello\n", s.out));
    SHOW(fwide(s.out, 0) > 0);
    client_shows(&s.pair);
    SHOW_STREAM(s.in, fputws(L"x", s.in)); /* not for writing */
    streams_close(&s);
    return 0;
}
