#include "../snippet_stdio.h"

int __uflow(FILE *);

int snippet(void)
{
    struct streams s = streams_new();
    client_sends(&s.pair, "ab");
    SHOW_STREAM(s.in, __uflow(s.in));
    SHOW_STREAM(s.in, getc_unlocked(s.in)); /* from the buffer: no call */
    shutdown(s.pair.client, SHUT_WR);
    SHOW_STREAM(s.in, __uflow(s.in));
    streams_close(&s);
    return 0;
}
