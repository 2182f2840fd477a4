/* What listeners are told of a request's body: its first bytes, as far as they are kept without a
 * gap. */
#ifndef APMSHIM_REQUEST_BODY_H
#define APMSHIM_REQUEST_BODY_H

#include "protocol/protocol.h"

/* All-zero: nothing was told yet. */
struct request_body {
    size_t told; /* BODY_BYTES_TOLD: all that will be */
};

/* The next of its bytes. */
void request_body_tell(struct request_body *body, const struct protocol_listener *listener,
    uint64_t stream, struct bytes piece);

/* What follows is not known, or not where it stands. */
static inline void request_body_stop(struct request_body *body)
{
    body->told = BODY_BYTES_TOLD;
}

#endif
