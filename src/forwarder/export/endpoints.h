/* A service's endpoints as Elastic APM lists them, summed up from its transactions.
 *
 * Exact rather than small: the duration of every transaction is kept, 8 bytes each, so it is meant
 * for what a recording holds. Single-threaded. */
#ifndef APMSHIM_EXPORT_ENDPOINTS_H
#define APMSHIM_EXPORT_ENDPOINTS_H

#include "export/whole.h"

/* One name of one type of transaction. */
struct endpoint {
    const char *name, *type;
    uint64_t requests, failures, successes; /* the outcome of the others is not known */
    uint64_t total_ns, average_ns;
    uint64_t percentile95_ns; /* the nearest rank: so many or fewer took 95 of 100 */
    double impact;            /* its part of the time of all endpoints, 0 to 1 */
    const struct whole_trace *slowest;
};

struct endpoint_list {
    size_t count;
    const struct endpoint *items; /* the greatest impact first */
    uint64_t requests;
    uint64_t begin_us, end_us; /* of the first transaction, of the last one to end */
};

struct endpoints;

struct endpoints *endpoints_new(void);
/* Events go here. Its finish frees nothing. */
struct sink endpoints_sink(struct endpoints *endpoints);
/* What has come so far; valid until the next event. */
struct endpoint_list endpoints_list(struct endpoints *endpoints);
void endpoints_free(struct endpoints *endpoints);

/* The endpoint whose average is highest; NULL if there is none. */
const struct endpoint *endpoints_slowest(const struct endpoint_list *list);
/* Part of the requests with a known outcome that failed, 0 to 1; negative if there are none. */
double endpoint_failure_rate(const struct endpoint *endpoint);

#endif
