/* JSON-RPC (its specifications 1.0 and 2.0): which method a request calls. */
#ifndef APMSHIM_TRACE_JSON_RPC_H
#define APMSHIM_TRACE_JSON_RPC_H

#include "base/bytes.h"

/* Of a body of which only the beginning may be known; of several calls the first. Empty: it is
 * none, or does not say it yet, or the method is not written as names are. */
struct bytes json_rpc_method(struct bytes body);

#endif
