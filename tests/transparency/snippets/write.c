#include "../snippet.h"

static char much[4 << 20];

int snippet(void)
{
    struct pair pair = pair_unix();
    SHOW(write(pair.server, "hello", 5));
    SHOW(write(pair.server, "", 0));
    SHOW(write(pair.server, NULL, 0));
    client_shows(&pair);
    SHOW(write(pair.server, BAD_POINTER, 4));
    alarm_in(20, 0, NULL, NULL);
    SHOW(write(pair.server, much, sizeof much) < (long)sizeof much);
    alarm_show();
    set_nonblocking(pair.server);
    SHOW(write(pair.server, much, sizeof much));
    SHOW(write(-1, "x", 1));
    SHOW(write(70000, "x", 1));
    int file = open("/dev/null", O_RDONLY);
    SHOW(write(file, "x", 1));
    close(file);
    signal(SIGPIPE, SIG_IGN);
    SHOW(write(pair.listener, "x", 1));
    close(pair.client);
    SHOW(write(pair.server, "x", 1));
    signal(SIGPIPE, SIG_DFL);
    close(pair.server);
    close(pair.listener);
    return 0;
}
