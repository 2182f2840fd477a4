#include "../snippet_stdio.h"

int snippet(void)
{
    char *line = NULL;
    size_t size = 0;
    struct streams s = streams_new();
    client_sends(&s.pair, "first\nsecond line\n\nfour");
    for (int i = 0; i < 3; i++) {
        SHOW_STREAM(s.in, getline(&line, &size, s.in));
        show_bytes("got", line, strlen(line));
    }
    shutdown(s.pair.client, SHUT_WR);
    SHOW_STREAM(s.in, (getline)(&line, &size, s.in));
    show_bytes("got", line, strlen(line));
    SHOW_STREAM(s.in, (getline)(&line, &size, s.in));
    SHOW((getline)(NULL, &size, s.in));
    free(line);
    streams_close(&s);
    return 0;
}
