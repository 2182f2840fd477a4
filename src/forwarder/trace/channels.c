/* Connections of the service's own, each with whose result it brought last: in a loop that reads
 * several results before it goes on with any, a call on one of them says which it goes on with. */
#include "trace/state.h"

#include <stdlib.h>

#include "base/alloc.h"

struct channel {
    uint64_t id;
    struct live_transaction *transaction; /* one of the two, held */
    struct work *work;
    UT_hash_handle hh;
};

static struct channel *find(struct tracer *tracer, uint64_t id)
{
    struct channel *channel;
    HASH_FIND(hh, tracer->channels, &id, sizeof id, channel);
    return channel;
}

static void release(struct tracer *tracer, struct channel *channel)
{
    transaction_drop(tracer, channel->transaction);
    work_put(tracer, channel->work);
    HASH_DEL(tracer->channels, channel);
    free(channel);
}

void channel_brought(struct tracer *tracer, const struct live_span *span)
{
    if (!span->channel)
        return;
    channel_forget(tracer, span->channel);
    struct channel *channel = xcalloc(1, sizeof *channel);
    channel->id = span->channel;
    channel->transaction = span->transaction;
    channel->work = span->work;
    if (span->transaction)
        transaction_hold(span->transaction);
    if (span->work)
        span->work->refs++;
    HASH_ADD(hh, tracer->channels, id, sizeof channel->id, channel);
}

bool channel_owner(struct tracer *tracer, uint64_t id, struct live_transaction **ret_transaction,
    struct work **ret_work)
{
    const struct channel *channel = id ? find(tracer, id) : NULL;
    if (!channel)
        return false;
    *ret_work = channel->work;
    *ret_transaction = channel->work ? channel->work->transaction : channel->transaction;
    return !*ret_transaction || !(*ret_transaction)->ended;
}

void channel_forget(struct tracer *tracer, uint64_t id)
{
    struct channel *channel = find(tracer, id);
    if (channel)
        release(tracer, channel);
}

void channels_free(struct tracer *tracer)
{
    while (tracer->channels)
        release(tracer, tracer->channels);
}
