#include "../snippet_stdio.h"

#include <stdarg.h>
#include <wchar.h>

int __fwprintf_chk(FILE *, int, const wchar_t *, ...);

int snippet(void)
{
    struct streams s = streams_new();
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, __fwprintf_chk(s.out, 1, L"%ls %d\n", L"hello", 42));
    SHOW(fwide(s.out, 0) > 0);
    client_shows(&s.pair);
    SHOW_STREAM(s.in, __fwprintf_chk(s.in, 1, L"x")); /* not for writing */
    streams_close(&s);
    return 0;
}
