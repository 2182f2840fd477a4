#include "../snippet.h"

int fcntl64(int, int, ...);

int snippet(void)
{
    static char buffer[16];
    struct flock lock = {.l_type = F_WRLCK};
    struct pair pair = pair_tcp();
    SHOW(fcntl64(pair.server, F_GETFL) & O_ACCMODE);
    SHOW(fcntl64(pair.server, F_SETFL, O_RDWR | O_NONBLOCK));
    SHOW(read(pair.server, buffer, 8));
    SHOW(fcntl64(pair.server, F_SETFL, O_RDWR));
    SHOW(fcntl64(pair.server, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl64(pair.server, F_GETFD));
    int copy = (int)SHOW(fcntl64(pair.server, F_DUPFD, 100));
    int other = (int)SHOW(fcntl64(pair.server, F_DUPFD_CLOEXEC, 0));
    SHOW(write(copy, "copy", 4));
    SHOW(write(other, "other", 5));
    client_shows(&pair);
    SHOW(fcntl64(pair.server, F_SETOWN, getpid()));
    SHOW(fcntl64(pair.server, F_GETLK, &lock));
    SHOW(fcntl64(pair.server, F_GETLK, BAD_POINTER));
    SHOW(fcntl64(pair.server, F_DUPFD, -1));
    SHOW(fcntl64(pair.server, 987654));
    SHOW(fcntl64(-1, F_GETFD));
    close(copy);
    close(other);
    SHOW(fcntl64(copy, F_GETFD));
    pair_close(&pair);
    return 0;
}
