#include "trace/route_views.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/alloc.h"

#define WAIT_NS UINT64_C(3000000000)

/* Of a service's life: what waits takes memory. */
enum { ROUTES_MAX = 4096, NAME_BYTES_MAX = 512, WAITING_MAX = 1000, WAITING_OF_ROUTE_MAX = 32 };

struct route_view {
    UT_hash_handle hh;
    const char *view; /* the first */
    uint64_t since, learned;
    uint64_t contradicted; /* when another one was seen; 0: none */
    unsigned waiting;      /* ever */
    char key[];            /* scope, then the name */
};

struct route_views {
    struct route_view *routes;
    unsigned waiting; /* ever */
};

struct route_views *route_views_new(void)
{
    return xcalloc(1, sizeof(struct route_views));
}

void route_views_free(struct route_views *views)
{
    struct route_view *route, *next;
    HASH_ITER(hh, views->routes, route, next)
    {
        HASH_DEL(views->routes, route);
        free(route);
    }
    free(views);
}

struct route_view *route_view_of(
    struct route_views *views, uint64_t scope, const char *name, uint64_t now)
{
    size_t len = strlen(name), key_len = sizeof scope + len;
    struct route_view *route;
    char key[sizeof scope + NAME_BYTES_MAX];
    if (len > NAME_BYTES_MAX)
        return NULL;
    memcpy(key, &scope, sizeof scope);
    memcpy(key + sizeof scope, name, len);
    HASH_FIND(hh, views->routes, key, key_len, route);
    if (route || HASH_COUNT(views->routes) >= ROUTES_MAX)
        return route;
    route = xcalloc(1, sizeof *route + key_len);
    memcpy(route->key, key, key_len);
    route->since = now;
    HASH_ADD(hh, views->routes, key, key_len, route);
    return route;
}

void route_view_learn(struct route_view *route, const char *view, uint64_t now)
{
    if (!route->view) {
        route->view = view;
        route->learned = now;
    } else if (route->view != view && !route->contradicted) {
        route->contradicted = now;
    }
}

const char *route_view_by(const struct route_view *route, uint64_t time)
{
    bool contradicted = route->contradicted && route->contradicted <= time;
    return route->learned <= time && !contradicted ? route->view : NULL;
}

uint64_t route_view_wait(struct route_views *views, struct route_view *route, uint64_t now)
{
    uint64_t until = route->since + WAIT_NS;
    if (route->view || until <= now || route->waiting >= WAITING_OF_ROUTE_MAX ||
        views->waiting >= WAITING_MAX)
        return 0;
    route->waiting++;
    views->waiting++;
    return until;
}
