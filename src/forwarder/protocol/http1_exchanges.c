#include "protocol/http1_exchanges.h"

/* Forgets what is over once it is the greater part. */
static void compact(struct http1_exchanges *exchanges)
{
    struct buf *flags = &exchanges->flags;
    if (exchanges->first == flags->len) {
        buf_clear(flags);
        exchanges->first = 0;
    } else if (exchanges->first >= HTTP1_EXCHANGES_MAX) {
        flags->len -= exchanges->first;
        memmove(flags->data, flags->data + exchanges->first, flags->len);
        exchanges->first = 0;
    }
}

uint64_t http1_exchanges_add(struct http1_exchanges *exchanges, unsigned flags)
{
    if (http1_exchanges_count(exchanges) >= HTTP1_EXCHANGES_MAX)
        return 0;
    buf_putc(&exchanges->flags, (char)flags);
    return ++exchanges->newest;
}

unsigned http1_exchanges_flags(const struct http1_exchanges *exchanges)
{
    if (!http1_exchanges_count(exchanges))
        return 0;
    return (unsigned char)exchanges->flags.data[exchanges->first];
}

void http1_exchanges_mark_all(struct http1_exchanges *exchanges, unsigned flags)
{
    for (size_t i = exchanges->first; i < exchanges->flags.len; i++)
        exchanges->flags.data[i] |= (char)flags;
}

void http1_exchanges_mark(struct http1_exchanges *exchanges, unsigned flags)
{
    if (http1_exchanges_count(exchanges))
        exchanges->flags.data[exchanges->first] |= (char)flags;
}

void http1_exchanges_end(
    struct http1_exchanges *exchanges, bool complete, const struct protocol_listener *listener)
{
    if (!http1_exchanges_count(exchanges))
        return;
    uint64_t stream = http1_exchanges_oldest(exchanges);
    exchanges->first++;
    compact(exchanges);
    listener->response_end(listener->self, stream, complete);
}
