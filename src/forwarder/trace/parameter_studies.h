/* Front controllers: which parameter of a route's queries decides what its requests do. Few values,
 * each of which looks like a name, and statements that follow some of them and no other: such a
 * parameter is part of the route's name from then on. Learned from a route's first requests, and
 * given up if they do not tell. */
#ifndef APMSHIM_TRACE_PARAMETER_STUDIES_H
#define APMSHIM_TRACE_PARAMETER_STUDIES_H

#include <stdint.h>

#include "base/bytes.h"

struct parameter_studies;

/* The statements that a request has made, and where from: a bit for each of those that hash to it.
 */
struct signature {
    uint64_t names, stacks;
};

struct parameter_studies *parameter_studies_new(void);
void parameter_studies_free(struct parameter_studies *studies);

/* A request for the route, with this query, has done that. */
void parameter_studies_add(struct parameter_studies *studies, uint64_t scope, const char *route,
    struct bytes query, struct signature done);
/* The parameter that decides; empty: none is known to. */
struct bytes parameter_studies_find(
    const struct parameter_studies *studies, uint64_t scope, struct bytes route);

#endif
