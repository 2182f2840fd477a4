#include "../snippet_stdio.h"

int snippet(void)
{
    static char large[40000];
    struct streams s = streams_new();
    SHOW_STREAM(s.out, fwrite_unlocked("hello", 1, 5, s.out));
    SHOW(fflush(s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.out, fwrite_unlocked("hello", 0, 5, s.out));
    SHOW_STREAM(s.out, fwrite_unlocked(large, 1, sizeof large, s.out));
    setvbuf(s.out, NULL, _IOLBF, 0);
    SHOW_STREAM(s.out, fwrite_unlocked("line\nrest", 3, 3, s.out));
    client_shows(&s.pair);
    setvbuf(s.out, NULL, _IONBF, 0);
    SHOW_STREAM(s.out, fwrite_unlocked("hello", 1, 5, s.out));
    client_shows(&s.pair);
    SHOW_STREAM(s.in, fwrite_unlocked("x", 1, 1, s.in)); /* not for writing */
    signal(SIGPIPE, SIG_IGN);
    shutdown(s.pair.server, SHUT_WR);
    SHOW_STREAM(s.out, fwrite_unlocked("hello", 1, 5, s.out));
    signal(SIGPIPE, SIG_DFL);
    streams_close(&s);
    return 0;
}
