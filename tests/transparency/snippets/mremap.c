/* A mapped file that moves. */
#include "../snippet.h"

#include <sys/mman.h>

int snippet(void)
{
    struct pair pair = pair_tcp();
    int file = memfd_create("answer", MFD_CLOEXEC);
    SHOW(ftruncate(file, 8192));
    char *answer = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    answer = mremap(answer, 4096, 8192, MREMAP_MAYMOVE);
    SHOW(answer != MAP_FAILED);
    SHOW(write(pair.server, answer + 4096, 5));
    SHOW(ftruncate(file, 4096));
    SHOW(write(pair.server, answer + 4096, 5));
    SHOW(mremap(answer, 8192, 4096, 0) == answer);
    SHOW(mremap(BAD_POINTER, 4096, 4096, MREMAP_FIXED, NULL) == MAP_FAILED);
    munmap(answer, 4096);
    close(file);
    pair_close(&pair);
    return 0;
}
