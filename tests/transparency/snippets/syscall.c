#include "../snippet.h"

#include <sys/mman.h>
#include <sys/syscall.h>

int snippet(void)
{
    static char buffer[16];
    struct pair pair = pair_tcp();
    int file = (int)SHOW(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0));
    SHOW(syscall(SYS_write, pair.server, "by number", 9));
    client_shows(&pair);
    SHOW(syscall(SYS_dup3, file, pair.server, 0)); /* a file over a connection */
    SHOW(write(pair.server, "to a file", 9));
    SHOW(read(pair.server, buffer, sizeof buffer));
    SHOW(syscall(SYS_close, pair.server));
    SHOW(syscall(SYS_close, pair.server));
    SHOW(syscall(SYS_dup, file) == pair.server);
    SHOW(syscall(SYS_close_range, pair.server, pair.server, 0));
    void *page = (void *)syscall(
        SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    SHOW(page != MAP_FAILED);
    SHOW(syscall(SYS_munmap, page, 4096L));
    SHOW(syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_PRIVATE, file, 1L)); /* no whole page */
    SHOW(syscall(SYS_pipe2, BAD_POINTER, 0));
    SHOW(syscall(99999));
    SHOW(syscall(-1L));
    close(file);
    close(pair.client);
    close(pair.listener);
    return 0;
}
