#include "../snippet_stdio.h"

int snippet(void)
{
    struct streams s = streams_new();
    client_sends(&s.pair, "a\xff\n");
    for (int i = 0; i < 3; i++)
        SHOW_STREAM(s.in, getc(s.in));
    client_sends(&s.pair, "b");
    SHOW_STREAM(s.in, (getc)(s.in));
    SHOW(ungetc('z', s.in));
    SHOW_STREAM(s.in, (getc)(s.in));
    set_nonblocking(s.pair.server);
    SHOW_STREAM(s.in, (getc)(s.in));
    clearerr(s.in);
    shutdown(s.pair.client, SHUT_WR);
    await_input(s.pair.server);
    SHOW_STREAM(s.in, (getc)(s.in));
    streams_close(&s);
    return 0;
}
