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
    int client = client_of(listener), server = (int)SHOW(accept(listener, (void *)&from, &len));
    show_peer("whole", &from, len);
    printf("flags %d\n", fcntl(server, F_GETFD));
    close(server);
    close(client);
    from = (struct sockaddr_in){0};
    len = 3;
    client = client_of(listener);
    server = (int)SHOW(accept(listener, (void *)&from, &len));
    show_peer("short", &from, len);
    close(server);
    close(client);
}

static void with_errors(int listener)
{
    struct sockaddr_in from;
    socklen_t negative = (socklen_t)-1;
    int client = client_of(listener);
    SHOW(accept(listener, (void *)&from, &negative));
    close(client);
    client = client_of(listener);
    SHOW(accept(listener, BAD_POINTER, BAD_POINTER));
    close(client);
    SHOW(accept(-1, NULL, NULL));
    SHOW(accept(0, NULL, NULL));
    SHOW(accept(client_of(listener), NULL, NULL));
}

int snippet(void)
{
    int listener = listener_tcp();
    with_buffers(listener);
    with_errors(listener);
    close(listener);
    listener = listener_tcp();
    set_timeout(listener, SO_RCVTIMEO, 20);
    SHOW(accept(listener, NULL, NULL));
    set_timeout(listener, SO_RCVTIMEO, 0);
    alarm_in(20, 0, NULL, NULL);
    SHOW(accept(listener, NULL, NULL));
    alarm_show();
    set_nonblocking(listener);
    SHOW(accept(listener, NULL, NULL));
    int client = client_of(listener), server = (int)SHOW(accept(listener, NULL, NULL));
    SHOW(write(server, "served", 6));
    close(server);
    close(client);
    close(listener);
    return 0;
}
