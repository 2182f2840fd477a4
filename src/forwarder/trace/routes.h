/* What is known of a service's paths by the requests that it has answered: which segments are
 * words of a route, and which are values.
 *
 * Few words follow a prefix, however long one looks; values go on coming. Once more than some
 * dozens of segments have followed the same prefix they are ":id" from then on, but for those that
 * are clearly not like the others: a word that leads to pages of its own ("/static"), or that is
 * asked for far more often than its neighbours. Segments of which every request has failed are
 * counted apart, so that a scanner does not make a value of what is none.
 *
 * A template is what path_template.h makes of a path, and behind it parameters that are part of the
 * name: "/index.php?action=view&tab=all", whose values are learned like segments. */
#ifndef APMSHIM_TRACE_ROUTES_H
#define APMSHIM_TRACE_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct routes;

struct routes *routes_new(void);
void routes_free(struct routes *routes);

/* scope: the service's, of which each has its own paths. */

/* Appends to out the template as it is known, the rest as it is. Whether a request for it has
 * succeeded. */
bool routes_find(
    const struct routes *routes, uint64_t scope, struct bytes template, struct buf *out);
/* A request for it was answered, by something else than that there is no such thing. Appends to out
 * what it is called. */
void routes_learn(
    struct routes *routes, uint64_t scope, struct bytes template, bool succeeded, struct buf *out);

#endif
