/* One HTTP request to an APM Server. Used by the delivery's thread alone. */
#ifndef APMSHIM_EXPORT_POST_H
#define APMSHIM_EXPORT_POST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include "export/body.h"
#include "options.h"

enum post_result {
    POST_ACCEPTED,
    POST_NOT_TAKEN, /* surely nothing of it: may be tried again */
    POST_LOST,      /* refused, or nobody knows */
};

struct poster;

/* NULL: no memory. */
struct poster *poster_new(const struct options *options, const char *user_agent);
/* *ret_lost: events of the body that the server did not take. abort_at: CLOCK_MONOTONIC ns; it
 * gives up once that has passed (0: never), or once nothing has moved for server_timeout. */
enum post_result poster_post(struct poster *poster, const char *server, const struct body *body,
    const _Atomic uint64_t *abort_at, uint64_t *ret_lost);
/* Ns that the last answer asked to wait before the next request, 5 minutes at most; 0: it did not.
 */
uint64_t poster_retry_after(const struct poster *poster);
/* The server's version as 0xMMmmpp, 0: it does not say. Asks for at most 5 seconds. */
uint32_t poster_ask_version(
    struct poster *poster, const char *server, const _Atomic uint64_t *abort_at);
void poster_free(struct poster *poster);

#endif
