#include "../snippet_stdio.h"

int __fprintf_chk(FILE *, int, const char *, ...);

int snippet(void)
{
    struct streams s = streams_new();
    SHOW_STREAM(s.out, __fprintf_chk(s.out, 1, "%s %d", "hello", 42));
    SHOW(fflush(s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.out, __fprintf_chk(s.out, 1, "%5.2f|%m|%%", 3.14159));
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, __fprintf_chk(s.out, 1, "%d lines\n", 1));
    client_shows(&s.pair);
    setvbuf(s.out, NULL, _IONBF, 0);
    SHOW_STREAM(s.out, __fprintf_chk(s.out, 1, "%s %d", "hello", 42));
    client_shows(&s.pair);
    SHOW_STREAM(s.in, __fprintf_chk(s.in, 1, "%s", "x")); /* not for writing */
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_STREAM(s.out, __fprintf_chk(s.out, 1, "%s %d", "hello", 42));
    signal(SIGPIPE, SIG_DFL);
    streams_close(&s);
    return 0;
}
