/* A client that speaks PostgreSQL's protocol by itself is followed from its first bytes on. */
#include <netinet/in.h>
#include "../snippet.h"

static const char startup[] = "\0\0\0\x13\0\3\0\0user\0tester\0";
static const char query[] = "Q\0\0\0\rselect 1";

static int connected_to(int listener)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    getsockname(listener, (struct sockaddr *)&address, &len);
    SHOW(connect(fd, (const struct sockaddr *)&address, len));
    return fd;
}

static void talk(int fd, int listener)
{
    static char buf[64];
    SHOW(send(fd, startup, sizeof startup - 1, 0));
    int server = accept(listener, NULL, NULL);
    SHOW(read(server, buf, sizeof startup - 1));
    SHOW(write(server, "R\0\0\0\x8\0\0\0\0Z\0\0\0\5I", 15));
    await_input(fd);
    SHOW(recv(fd, buf, sizeof buf, 0));
    show_bytes("answer", buf, 15);
    SHOW(write(fd, query, sizeof query));
    SHOW(recv(fd, buf, sizeof buf, MSG_DONTWAIT));
    int copy = SHOW(dup(fd));
    SHOW(shutdown(copy, SHUT_WR));
    SHOW(close(copy));
    SHOW(close(fd));
    close(server);
}

int snippet(void)
{
    int listener = listener_tcp(), fd = connected_to(listener);
    talk(fd, listener);
    fd = connected_to(listener);
    SHOW(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, 0)); /* another protocol: left alone */
    SHOW(close(fd));
    fd = connected_to(listener);
    int copy = SHOW(dup(fd));
    SHOW(send(copy, "x", 1, 0));
    SHOW(close(fd)); /* before it has said anything */
    SHOW(close(copy));
    close(listener);
    return 0;
}
