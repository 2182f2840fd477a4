#include "../snippet_stdio.h"

int snippet(void)
{
    struct streams s = streams_new();
    SHOW_STREAM(s.out, fflush_unlocked(s.out)); /* nothing to do */
    fputs("one", s.out);
    SHOW_STREAM(s.out, fflush_unlocked(s.out));
    client_shows(&s.pair);
    fputs("two", s.out);
    SHOW(fflush_unlocked(NULL));
    client_shows(&s.pair);
    client_sends(&s.pair, "read ahead");
    SHOW((fgetc)(s.in));
    SHOW_STREAM(s.in, fflush_unlocked(s.in));
    signal(SIGPIPE, SIG_IGN);
    fputs("lost", s.out);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_STREAM(s.out, fflush_unlocked(s.out));
    signal(SIGPIPE, SIG_DFL);
    streams_close(&s);
    return 0;
}
