#include "../snippet.h"

#include <netinet/in.h>
#include <sys/un.h>

int snippet(void)
{
    struct sockaddr_in refused = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_un missing = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/socket"};
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    int listener = listener_tcp(), fd = socket(AF_INET, SOCK_STREAM, 0);
    getsockname(listener, (void *)&address, &len);
    SHOW(connect(fd, (void *)&address, len));
    SHOW(connect(fd, (void *)&address, len));
    SHOW(connect(fd, BAD_POINTER, len));
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(connect(fd, (void *)&refused, sizeof refused));
    SHOW(connect(fd, (void *)&refused, 1));
    SHOW(connect(fd, NULL, 0));
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(connect(fd, (void *)&address, len));
    close(fd);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    SHOW(connect(fd, (void *)&missing, sizeof missing));
    close(fd);
    SHOW(connect(listener, (void *)&address, len));
    SHOW(connect(0, (void *)&address, len));
    SHOW(connect(-1, (void *)&address, len));
    close(listener);
    return 0;
}
