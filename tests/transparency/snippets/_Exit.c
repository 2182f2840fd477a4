/* Nothing after it, no handler, no flush; the status as given. */
#include "../snippet.h"

static void never(void)
{
    puts("an exit handler ran");
    fflush(stdout);
}

int snippet(void)
{
    struct pair pair = pair_tcp();
    int status;
    atexit(never);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _Exit(300); /* & 0xff */
    waitpid(child, &status, 0);
    printf("child %x\n", status);
    SHOW(write(pair.server, "bye", 3));
    client_shows(&pair);
    fflush(stdout);
    puts("not flushed");
    _Exit(23);
}
