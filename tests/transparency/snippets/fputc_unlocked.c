#include "../snippet_stdio.h"

/* fputc_unlocked(), which the compiler has inline, too. */
static int (*volatile function)(int, FILE *) = fputc_unlocked;

int snippet(void)
{
    struct streams s = streams_new();
    SHOW_STREAM(s.out, function('x', s.out));
    SHOW(fflush(s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.out, function(0xff, s.out));
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, function('\n', s.out));
    SHOW(fflush(s.out));
    client_shows(&s.pair);
    setvbuf(s.out, NULL, _IONBF, 0);
    SHOW_STREAM(s.out, function('x', s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.in, function('x', s.in)); /* not for writing */
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_STREAM(s.out, function('x', s.out));
    signal(SIGPIPE, SIG_DFL);
    streams_close(&s);
    return 0;
}
