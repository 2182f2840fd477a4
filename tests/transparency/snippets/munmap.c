/* A buffer that is given back. */
#include "../snippet.h"

#include <sys/mman.h>

int snippet(void)
{
    struct pair pair = pair_tcp();
    char *buffer = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(buffer, 'x', 8192);
    SHOW(munmap(buffer + 4096, 4096));
    SHOW(write(pair.server, buffer + 4090, 6));
    SHOW(write(pair.server, buffer + 4090, 12));
    client_shows(&pair);
    SHOW(munmap(buffer, 4096));
    SHOW(write(pair.server, buffer, 6));
    SHOW(munmap(buffer + 1, 4096));
    SHOW(munmap(NULL, 0));
    pair_close(&pair);
    return 0;
}
