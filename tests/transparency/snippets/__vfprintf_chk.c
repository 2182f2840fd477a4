#include "../snippet_stdio.h"

#include <stdarg.h>

int __vfprintf_chk(FILE *, int, const char *, va_list);

static int chk_of(FILE *stream, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = __vfprintf_chk(stream, 1, format, list);
    va_end(list);
    return n;
}

int snippet(void)
{
    struct streams s = streams_new();
    SHOW_STREAM(s.out, chk_of(s.out, "%s %d", "hello", 42));
    SHOW(fflush(s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.out, chk_of(s.out, "%5.2f|%m|%%", 3.14159));
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, chk_of(s.out, "%d lines\n", 1));
    client_shows(&s.pair);
    setvbuf(s.out, NULL, _IONBF, 0);
    SHOW_STREAM(s.out, chk_of(s.out, "%s %d", "hello", 42));
    client_shows(&s.pair);
    SHOW_STREAM(s.in, chk_of(s.in, "%s", "x")); /* not for writing */
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_STREAM(s.out, chk_of(s.out, "%s %d", "hello", 42));
    signal(SIGPIPE, SIG_DFL);
    streams_close(&s);
    return 0;
}
