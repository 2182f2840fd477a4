#include "../snippet.h"

#include <netinet/in.h>

int snippet(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(listen(fd, 0)); /* unbound: a port of the kernel's choice */
    SHOW(listen(fd, 16));
    SHOW(listen(fd, -1));
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd >= 0)
        SHOW(listen(fd, 1));
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    SHOW(listen(fd, 1));
    close(fd);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(listen(fd, 1));
    close(fd);
    fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    bind(fd, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
    SHOW(listen(fd, 1));
    close(fd);
    SHOW(listen(0, 1));
    SHOW(listen(-1, 1));
    return 0;
}
