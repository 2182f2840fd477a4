#include "../snippet_stdio.h"

/* getc_unlocked(), which the compiler has inline, too. */
static int (*volatile function)(FILE *) = getc_unlocked;

int snippet(void)
{
    struct streams s = streams_new();
    client_sends(&s.pair, "a\xff\n");
    for (int i = 0; i < 3; i++)
        SHOW_STREAM(s.in, function(s.in));
    client_sends(&s.pair, "b");
    SHOW_STREAM(s.in, function(s.in));
    SHOW(ungetc('z', s.in));
    SHOW_STREAM(s.in, function(s.in));
    set_nonblocking(s.pair.server);
    SHOW_STREAM(s.in, function(s.in));
    clearerr(s.in);
    shutdown(s.pair.client, SHUT_WR);
    await_input(s.pair.server);
    SHOW_STREAM(s.in, function(s.in));
    streams_close(&s);
    return 0;
}
