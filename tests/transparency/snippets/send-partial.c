/* More than fits: in part, with EAGAIN, with a timeout, interrupted. */
#include "../snippet.h"

static char much[4 << 20];

static long fill(int fd, int flags)
{
    long total = 0, n;
    while ((n = send(fd, much, sizeof much, flags)) > 0)
        total += n;
    SHOW(n);
    printf("more than fits at once %d\n", total < (long)sizeof much);
    return total;
}

int snippet(void)
{
    struct pair pair = pair_unix();
    set_buffer(pair.server, SO_SNDBUF, 8192);
    memset(much, 'm', sizeof much);
    printf("sent %ld\n", fill(pair.server, MSG_DONTWAIT));
    set_timeout(pair.server, SO_SNDTIMEO, 20);
    SHOW(send(pair.server, much, sizeof much, 0));
    set_timeout(pair.server, SO_SNDTIMEO, 0);
    alarm_in(20, 0, NULL, NULL);
    SHOW(send(pair.server, much, sizeof much, 0));
    alarm_show();
    set_nonblocking(pair.server);
    SHOW(send(pair.server, much, sizeof much, 0));
    pair_close(&pair);
    return 0;
}
