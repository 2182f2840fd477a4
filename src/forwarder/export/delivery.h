/* A thread that posts bodies to an APM Server, in order, with retries.
 *
 * A body is tried again only if the server surely took none of it (no connection, refused before
 * it was read, a server of its own words with nothing accepted): no event is stored twice. What
 * fails otherwise is lost and counted. Between failures it waits min(n, 6)^2 seconds, give or take
 * a tenth, or what the server asks for in Retry-After, up to 5 minutes, and goes on with the next
 * server of the list (transport specification). At the end all are tried once more at once. */
#ifndef APMSHIM_EXPORT_DELIVERY_H
#define APMSHIM_EXPORT_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>
#include "export/body.h"
#include "options.h"

struct delivery;

/* Borrows options; copies user_agent. NULL: no thread could be started. */
struct delivery *delivery_start(const struct options *options, const char *user_agent);
/* Takes the body. Bodies are held up to a bound; beyond it the oldest are lost and counted. */
void delivery_post(struct delivery *delivery, struct body *body);
/* Whether nothing waits or is under way. */
bool delivery_idle(struct delivery *delivery);
/* Of the server that is posted to, as 0xMMmmpp; 0: not known (yet). */
uint32_t delivery_server_version(struct delivery *delivery);
/* Waits until it is idle, at most limit_ms; not for a server that fails. */
bool delivery_wait(struct delivery *delivery, unsigned limit_ms);
/* Tries each body once more, for at most limit_ms, until one fails; logs what was lost, and frees
 * it. So a slow server gets everything, one that is gone costs limit_ms. After SIGTERM all of them
 * have a second. */
void delivery_stop(struct delivery *delivery, unsigned limit_ms);

#endif
