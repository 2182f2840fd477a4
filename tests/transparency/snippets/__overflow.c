#include "../snippet_stdio.h"

int __overflow(FILE *, int);

int snippet(void)
{
    struct streams s = streams_new();
    SHOW_STREAM(s.out, __overflow(s.out, 'a'));
    SHOW_STREAM(s.out, putc_unlocked('b', s.out));
    SHOW_STREAM(s.out, __overflow(s.out, 'c'));
    SHOW_STREAM(s.out, __overflow(s.out, EOF));
    client_shows(&s.pair);
    SHOW_STREAM(s.in, __overflow(s.in, 'x'));
    streams_close(&s);
    return 0;
}
