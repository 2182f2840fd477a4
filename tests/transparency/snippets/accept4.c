#include "../snippet.h"

#include <netinet/in.h>

static void show_peer(const char *what, const struct sockaddr_in *from, socklen_t len)
{
    printf("%s: %u bytes, family %d, port there %d\n", what, len, from->sin_family,
        from->sin_port != 0);
}

static void with_buffers(int listener)
{
    struct sockaddr_in from = {0};
    socklen_t len = sizeof from;
    int client = client_of(listener),
        server = (int)SHOW(accept4(listener, (void *)&from, &len, SOCK_CLOEXEC));
    show_peer("whole", &from, len);
    printf("flags %d\n", fcntl(server, F_GETFD));
    close(server);
    close(client);
    from = (struct sockaddr_in){0};
    len = 3;
    client = client_of(listener);
    server = (int)SHOW(accept4(listener, (void *)&from, &len, SOCK_CLOEXEC));
    show_peer("short", &from, len);
    close(server);
    close(client);
}

static void with_errors(int listener)
{
    struct sockaddr_in from;
    socklen_t negative = (socklen_t)-1;
    int client = client_of(listener);
    SHOW(accept4(listener, (void *)&from, &negative, SOCK_CLOEXEC));
    close(client);
    client = client_of(listener);
    SHOW(accept4(listener, BAD_POINTER, BAD_POINTER, SOCK_CLOEXEC));
    close(client);
    SHOW(accept4(-1, NULL, NULL, SOCK_CLOEXEC));
    SHOW(accept4(0, NULL, NULL, SOCK_CLOEXEC));
    SHOW(accept4(client_of(listener), NULL, NULL, SOCK_CLOEXEC));
}

int snippet(void)
{
    int listener = listener_tcp();
    with_buffers(listener);
    with_errors(listener);
    close(listener);
    listener = listener_tcp();
    set_timeout(listener, SO_RCVTIMEO, 20);
    SHOW(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    set_timeout(listener, SO_RCVTIMEO, 0);
    alarm_in(20, 0, NULL, NULL);
    SHOW(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    alarm_show();
    set_nonblocking(listener);
    SHOW(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    SHOW(accept4(listener, NULL, NULL, 0x12345));
    int client = client_of(listener),
        server = (int)SHOW(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    SHOW(write(server, "served", 6));
    close(server);
    close(client);
    close(listener);
    return 0;
}
