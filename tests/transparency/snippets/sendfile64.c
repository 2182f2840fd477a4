#include "../snippet.h"

#include <sys/sendfile.h>

int snippet(void)
{
    char path[] = "/tmp/transparency-XXXXXX";
    struct pair pair = pair_tcp();
    int file = mkstemp(path);
    unlink(path);
    if (write(file, "bytes of a file", 15) != 15)
        return 1;
    off64_t offset = 6;
    SHOW(sendfile64(pair.server, file, &offset, 4));
    printf("offset %ld, position %ld\n", (long)offset, (long)lseek(file, 0, SEEK_CUR));
    SHOW(sendfile64(pair.server, file, NULL, 100));
    lseek(file, 0, SEEK_SET);
    SHOW(sendfile64(pair.server, file, NULL, 100));
    client_shows(&pair);
    offset = -1;
    SHOW(sendfile64(pair.server, file, &offset, 4));
    SHOW(sendfile64(pair.server, file, BAD_POINTER, 4));
    SHOW(sendfile64(pair.server, pair.client, NULL, 4));
    SHOW(sendfile64(pair.server, -1, NULL, 4));
    SHOW(sendfile64(pair.server, file, NULL, 0));
    SHOW(sendfile64(-1, file, NULL, 4));
    close(file);
    pair_close(&pair);
    return 0;
}
