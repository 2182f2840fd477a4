/* Sockets that listen: which port a connection was accepted on. */
#include <stdlib.h>

#include "base/alloc.h"
#include "trace/state.h"

/* Closing one is not told; a service that listens on ever new ones must not fill our memory. */
enum { LISTENERS_MAX = 4096 };

static bool has_port(const struct rec_address *address)
{
    return address->family == ADDRESS_IPV4 || address->family == ADDRESS_IPV6;
}

void listener_record(struct tracer *tracer, const struct rec_socket *record)
{
    struct listener *listener;
    HASH_FIND(hh, tracer->listeners, &record->cookie, sizeof record->cookie, listener);
    if (!listener) {
        if (HASH_COUNT(tracer->listeners) >= LISTENERS_MAX)
            listeners_free(tracer);
        listener = xcalloc(1, sizeof *listener);
        listener->cookie = record->cookie;
        HASH_ADD(hh, tracer->listeners, cookie, sizeof listener->cookie, listener);
    }
    listener->port = has_port(&record->address) ? record->address.port : 0;
}

uint16_t listener_port(struct tracer *tracer, uint64_t cookie)
{
    struct listener *listener;
    HASH_FIND(hh, tracer->listeners, &cookie, sizeof cookie, listener);
    return listener ? listener->port : 0;
}

void listeners_free(struct tracer *tracer)
{
    struct listener *listener, *next;
    HASH_ITER(hh, tracer->listeners, listener, next)
    {
        HASH_DEL(tracer->listeners, listener);
        free(listener);
    }
}
