/* One HTTP/1 conversation: two flows of messages and the exchanges they make. */
#ifndef APMSHIM_HTTP1_MESSAGES_H
#define APMSHIM_HTTP1_MESSAGES_H

#include "protocol/http1_body.h"
#include "protocol/http1_exchanges.h"
#include "protocol/http1_head.h"
#include "protocol/request_body.h"

enum http1_phase {
    HTTP1_PHASE_HEAD,
    HTTP1_PHASE_BODY,
    HTTP1_PHASE_UNTIL_CLOSE,
    HTTP1_PHASE_LOST,
    HTTP1_PHASE_LOST_CHUNKS, /* lost in a body that is, or may be, chunked */
};

/* The messages of one direction. */
struct http1_flow {
    enum http1_phase phase;
    /* While a start line is tried: what it was, and is again if there is none. */
    enum http1_phase before;
    struct http1_head head;
    struct http1_body body;
};

struct http1 {
    struct http1_flow flows[2]; /* by direction */
    struct http1_exchanges exchanges;
    bool expects_continue; /* the newest request's body waits for leave to be sent */
    bool understood;       /* there has been a head */
    bool alone;            /* no other request was known when the response under way began */
    bool closing;          /* the newest response is the connection's last */
    /* What the newest response says of a body that it may not have. */
    struct http1_framing forbidden;
    bool bodiless;            /* it is such, and nothing came behind it */
    struct request_body body; /* of the newest request */
    bool fed;
    enum direction last; /* fed */
    void *http2;         /* what it has switched to: a state of http2_protocol; NULL: nothing */
};

/* One run's way through the parser. */
struct http1_reading {
    struct http1 *http;
    struct http1_flow *flow;
    enum direction direction;
    const struct protocol_listener *listener;
};

/* How much of a head there is. */
enum http1_extent { HTTP1_EXTENT_WHOLE, HTTP1_EXTENT_GAP, HTTP1_EXTENT_CUT };

/* Whether framing says that a message begins where its head is looked for. */
static inline bool http1_flow_is_sure(const struct http1_flow *flow)
{
    return flow->before == HTTP1_PHASE_HEAD;
}

static inline enum http1_trust http1_trust(const struct http1 *http, const struct http1_flow *flow)
{
    return !http1_flow_is_sure(flow) ? HTTP1_TRIED
           : http->understood        ? HTTP1_UNDERSTOOD
                                     : HTTP1_SURE;
}

static inline bool http1_flow_is_lost(const struct http1_flow *flow)
{
    return flow->phase == HTTP1_PHASE_LOST || flow->phase == HTTP1_PHASE_LOST_CHUNKS;
}

/* Reads and reports the head that the flow has collected, and gets ready for what is behind it.
 * False if what follows cannot be understood: another protocol, or too many exchanges. */
bool http1_message_begin(const struct http1_reading *reading, enum http1_extent extent);
/* A server may refuse a request before it has all of its head, and one that is none: by its answer
 * it was a request. */
void http1_begin_pending(const struct http1_reading *reading);
/* The last byte of the flow's message has passed. */
void http1_message_end(const struct http1_reading *reading);
/* Where a head should have been there was something else, or nothing that was kept. */
void http1_head_lose(const struct http1_reading *reading);
/* What is no head may be a body that there should not be (behind an answer to HEAD, 204 or 304):
 * then the flow is in it, and what was collected as a head is to be taken again. */
bool http1_begin_forbidden_body(const struct http1_reading *reading);
/* Of the newest request. */
void http1_tell_body(const struct http1_reading *reading, struct bytes data);
/* Ends all that is open. */
void http1_give_up(const struct http1_reading *reading);

#endif
