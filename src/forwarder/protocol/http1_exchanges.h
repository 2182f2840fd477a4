/* The exchanges of one HTTP/1 conversation that are not over, oldest first. */
#ifndef APMSHIM_HTTP1_EXCHANGES_H
#define APMSHIM_HTTP1_EXCHANGES_H

#include "base/buf.h"
#include "protocol/protocol.h"

enum { HTTP1_EXCHANGES_MAX = 1024 };

enum http1_exchange_flag {
    HTTP1_IS_HEAD = 1,
    HTTP1_IS_CONNECT = 2,
    HTTP1_ANSWERED = 4,  /* bytes of its response have passed, if only unreadable ones */
    HTTP1_RESPONDED = 8, /* its final response has been reported */
    HTTP1_IS_LAST = 16,  /* the client wants no more on this connection */
    HTTP1_PASSED = 32,   /* its answer may have been in what passed and can't be read */
};

/* Streams are numbered from 1 without a gap, so flags are all that has to be kept. */
struct http1_exchanges {
    struct buf flags; /* one byte each, from .first on */
    size_t first;
    uint64_t newest; /* stream */
};

static inline size_t http1_exchanges_count(const struct http1_exchanges *exchanges)
{
    return exchanges->flags.len - exchanges->first;
}

static inline uint64_t http1_exchanges_oldest(const struct http1_exchanges *exchanges)
{
    return exchanges->newest - http1_exchanges_count(exchanges) + 1;
}

/* Returns the stream, or 0 where there are too many. */
uint64_t http1_exchanges_add(struct http1_exchanges *exchanges, unsigned flags);
/* Of the oldest; 0 if there is none. */
unsigned http1_exchanges_flags(const struct http1_exchanges *exchanges);
/* On all. */
void http1_exchanges_mark_all(struct http1_exchanges *exchanges, unsigned flags);
/* On the oldest, if there is one. */
void http1_exchanges_mark(struct http1_exchanges *exchanges, unsigned flags);
/* Ends the oldest, if there is one. */
void http1_exchanges_end(
    struct http1_exchanges *exchanges, bool complete, const struct protocol_listener *listener);

#endif
