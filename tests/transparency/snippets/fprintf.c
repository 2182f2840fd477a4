#include "../snippet_stdio.h"

int snippet(void)
{
    struct streams s = streams_new();
    SHOW_STREAM(s.out, fprintf(s.out, "%s %d", "hello", 42));
    SHOW(fflush(s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.out, fprintf(s.out, "%5.2f|%m|%%", 3.14159));
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, fprintf(s.out, "%d lines\n", 1));
    client_shows(&s.pair);
    setvbuf(s.out, NULL, _IONBF, 0);
    SHOW_STREAM(s.out, fprintf(s.out, "%s %d", "hello", 42));
    client_shows(&s.pair);
    SHOW_STREAM(s.in, fprintf(s.in, "%s", "x")); /* not for writing */
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_STREAM(s.out, fprintf(s.out, "%s %d", "hello", 42));
    signal(SIGPIPE, SIG_DFL);
    streams_close(&s);
    return 0;
}
