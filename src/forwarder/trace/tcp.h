/* Requests in protocols that are not read: transactions of type tcp, named after the port. */
#ifndef APMSHIM_TRACE_TCP_H
#define APMSHIM_TRACE_TCP_H

#include "trace/state.h"

/* What its operator calls the port: "ledger" in "7000=quotes,5433=ledger"; empty: nothing. */
struct bytes tcp_name(const char *names, uint16_t port);
struct live_transaction *tcp_transaction(
    struct tracer *tracer, const struct conversation *conversation, uint64_t time);
/* What was answered is not known; that it was is the best that can be said. */
void tcp_response(struct live_transaction *transaction);

#endif
