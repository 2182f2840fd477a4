/* An answer that lies in a mapped file, also when the file is cut behind it. */
#include "../snippet.h"

#include <sys/mman.h>

int snippet(void)
{
    struct pair pair = pair_tcp();
    int file = memfd_create("answer", MFD_CLOEXEC);
    SHOW(ftruncate(file, 8192));
    SHOW(pwrite(file, "from a file", 11, 0));
    char *answer = mmap(NULL, 8192, PROT_READ, MAP_SHARED, file, 0);
    SHOW(answer != MAP_FAILED);
    SHOW(write(pair.server, answer, 11));
    client_shows(&pair);
    SHOW(ftruncate(file, 4096));
    SHOW(write(pair.server, answer + 4096, 11));
    SHOW(send(pair.server, answer + 4090, 20, 0));
    client_shows(&pair);
    SHOW(ftruncate(file, 0));
    SHOW(write(pair.server, answer, 11));
    munmap(answer, 8192);
    SHOW(write(pair.server, answer, 11));
    SHOW(mmap(NULL, 0, PROT_READ, MAP_SHARED, file, 0) == MAP_FAILED);
    SHOW(mmap(NULL, 4096, PROT_READ, MAP_SHARED, -1, 0) == MAP_FAILED);
    close(file);
    pair_close(&pair);
    return 0;
}
