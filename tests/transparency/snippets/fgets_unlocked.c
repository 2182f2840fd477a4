#include "../snippet_stdio.h"

int snippet(void)
{
    static char buffer[16];
    struct streams s = streams_new();
    client_sends(&s.pair, "first\nsecond line\n\nfour");
    SHOW_STREAM(s.in, fgets_unlocked(buffer, 8, s.in) != NULL);
    show_bytes("got", buffer, strlen(buffer));
    SHOW_STREAM(s.in, fgets_unlocked(buffer, 8, s.in) != NULL);
    SHOW_STREAM(s.in, fgets_unlocked(buffer, 8, s.in) != NULL);
    shutdown(s.pair.client, SHUT_WR);
    SHOW_STREAM(s.in, fgets_unlocked(buffer, 8, s.in) != NULL);
    show_bytes("got", buffer, strlen(buffer));
    SHOW_STREAM(s.in, fgets_unlocked(buffer, 8, s.in) != NULL);
    show_bytes("got", buffer, strlen(buffer));
    streams_close(&s);
    return 0;
}
