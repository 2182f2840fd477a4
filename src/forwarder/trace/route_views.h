/* Which view belongs to a route, learned from requests whose statements told it, for those that
 * make none: answered from a cache, or early. */
#ifndef APMSHIM_TRACE_ROUTE_VIEWS_H
#define APMSHIM_TRACE_ROUTE_VIEWS_H

#include <stdbool.h>
#include <stdint.h>

struct route_views;
struct route_view;

struct route_views *route_views_new(void);
void route_views_free(struct route_views *views);

/* The route of this name ("GET /lessons/:id") of a service, which lives as long as the table. NULL:
 * there is no room for more. */
struct route_view *route_view_of(
    struct route_views *views, uint64_t scope, const char *name, uint64_t now);
/* view: lives as long as the table, and is the same pointer wherever it is the same. */
void route_view_learn(struct route_view *route, const char *view, uint64_t now);
/* NULL: none was seen by this time, or more than one. */
const char *route_view_by(const struct route_view *route, uint64_t time);
/* Until when a request of a route without a view is worth waiting for one: the first of a route
 * are, and that of few routes. 0: not any more. */
uint64_t route_view_wait(struct route_views *views, struct route_view *route, uint64_t now);

#endif
