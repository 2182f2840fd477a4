#include "../snippet_stdio.h"

int snippet(void)
{
    struct streams s = streams_new();
    SHOW_STREAM(s.out, fputs_unlocked("hello", s.out));
    SHOW(fflush(s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.out, fputs_unlocked("", s.out));
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, fputs_unlocked("line\nrest", s.out));
    client_shows(&s.pair);
    setvbuf(s.out, NULL, _IONBF, 0);
    SHOW_STREAM(s.out, fputs_unlocked("hello", s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.in, fputs_unlocked("x", s.in)); /* not for writing */
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_STREAM(s.out, fputs_unlocked("hello", s.out));
    signal(SIGPIPE, SIG_DFL);
    streams_close(&s);
    return 0;
}
