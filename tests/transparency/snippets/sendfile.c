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
    off_t offset = 6;
    SHOW(sendfile(pair.server, file, &offset, 4));
    printf("offset %ld, position %ld\n", (long)offset, (long)lseek(file, 0, SEEK_CUR));
    SHOW(sendfile(pair.server, file, NULL, 100));
    lseek(file, 0, SEEK_SET);
    SHOW(sendfile(pair.server, file, NULL, 100));
    client_shows(&pair);
    offset = -1;
    SHOW(sendfile(pair.server, file, &offset, 4));
    SHOW(sendfile(pair.server, file, BAD_POINTER, 4));
    SHOW(sendfile(pair.server, pair.client, NULL, 4));
    SHOW(sendfile(pair.server, -1, NULL, 4));
    SHOW(sendfile(pair.server, file, NULL, 0));
    SHOW(sendfile(-1, file, NULL, 4));
    close(file);
    pair_close(&pair);
    return 0;
}
