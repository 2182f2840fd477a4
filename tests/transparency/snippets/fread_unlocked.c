#include "../snippet_stdio.h"

int snippet(void)
{
    static char buffer[32];
    struct streams s = streams_new();
    client_sends(&s.pair, "abcdefghij");
    SHOW_STREAM(s.in, fread_unlocked(buffer, 2, 3, s.in));
    show_bytes("got", buffer, 6);
    SHOW_STREAM(s.in, fread_unlocked(buffer, 0, 3, s.in));
    shutdown(s.pair.client, SHUT_WR);
    SHOW_STREAM(s.in, fread_unlocked(buffer, 3, 5, s.in));
    show_bytes("got", buffer, 4);
    SHOW_STREAM(s.in, fread_unlocked(buffer, 1, 1, s.in));
    SHOW_STREAM(s.out, fread_unlocked(buffer, 1, 1, s.out)); /* not for reading */
    streams_close(&s);
    return 0;
}
