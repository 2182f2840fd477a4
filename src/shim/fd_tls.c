/* TLS connections by the random bytes in their ClientHello. */
#include <stdatomic.h>

#include "fd_info.h"

static _Atomic uint32_t hellos[2]; /* of clients: [1] */
static _Atomic int tls_end;        /* no descriptor from here on is a TLS connection */

void fd_note_hello(int fd, bool client)
{
    int end = atomic_load_explicit(&tls_end, memory_order_relaxed);
    while (end <= fd && !atomic_compare_exchange_weak(&tls_end, &end, fd + 1))
        ;
    atomic_fetch_add(&hellos[client], 1);
}

/* A service that calls itself holds both ends, and their random bytes are the same. */
bool fd_has_hello(int fd, const struct tls_random *random, enum fd_end end)
{
    enum fd_class other = end == END_SERVER   ? FD_CLIENT
                          : end == END_CLIENT ? FD_SERVER
                                              : FD_UNTRACKED;
    return fd_recorded(fd) && fd_classes[fd] != other && fd_info(fd)->tls &&
           tls_hello_is(&fd_info(fd)->hello, random);
}

int fd_of_hello(const struct tls_random *random, enum fd_end side)
{
    int end = atomic_load_explicit(&tls_end, memory_order_relaxed);
    for (int fd = 0; fd < end; fd++)
        if (fd_has_hello(fd, random, side))
            return fd;
    return -1;
}

uint32_t fd_hellos(enum fd_end end)
{
    uint32_t servers = atomic_load_explicit(&hellos[0], memory_order_relaxed);
    uint32_t clients = atomic_load_explicit(&hellos[1], memory_order_relaxed);
    return (end == END_CLIENT ? 0 : servers) + (end == END_SERVER ? 0 : clients);
}
