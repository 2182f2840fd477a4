/* HTTP/1.0 and 1.1 (RFC 9112) as seen by somebody who missed parts of it.
 *
 * Each direction is a flow of messages, and responses belong to the oldest request that has none.
 * Where bytes were not kept, lengths and chunk sizes carry over the gap. Where they do not (the gap
 * holds a head, or a chunk's size), the flow is lost, and found again like this:
 *
 * - Request bytes that follow response bytes, or others that were lost, are tried as a new request,
 *   and the other way round.
 *   What is no start line is passed over.
 * - A response that was lost ends when the next request has come, or where a call sent a new
 *   status line. By then the last byte has long been sent: it ends incomplete in the
 *   sense of protocol.h. The same is true of a response that ends with its connection.
 * - So does one of whose body nobody saw the rest, where a call sent a new status line, if the next
 *   request came behind its head: who sends that has all of the answer.
 * - The last bytes of a call may show the end of a chunked body: then it ends complete.
 * - A head that goes on in the gap counts for what was seen of it. If that has a length, as many
 *   bytes of the gap are taken for the body; this ends it by the rest of the head too early, which
 *   in practice is the same call. */
#include "protocol/http1_messages.h"

#include <stdlib.h>

static bool take(const struct http1_reading *r, struct bytes *in);

static bool take_no_head(const struct http1_reading *r)
{
    struct http1_head head = r->flow->head;
    struct bytes bytes = {head.bytes.data, head.bytes.len};
    const struct buf *asked = &r->http->flows[TO_SERVER].head.bytes;
    if (!http1_begin_forbidden_body(r)) {
        if (r->direction == TO_CLIENT &&
            http1_start_is_plain((struct bytes){asked->data, asked->len}))
            http1_begin_pending(r);
        http1_head_lose(r);
        return r->http->understood;
    }
    r->flow->head = (struct http1_head){0};
    bool go_on = take(r, &bytes);
    http1_head_free(&head);
    return go_on;
}

static bool take_head(const struct http1_reading *r, struct bytes *in)
{
    switch (http1_head_take(&r->flow->head, r->direction, http1_trust(r->http, r->flow), in)) {
    case HTTP1_HEAD_DONE:
        return http1_message_begin(r, HTTP1_EXTENT_WHOLE);
    case HTTP1_HEAD_TOO_LONG:
        return http1_message_begin(r, HTTP1_EXTENT_CUT);
    case HTTP1_HEAD_BAD:
        return take_no_head(r);
    default:
        return true;
    }
}

static void take_body(const struct http1_reading *r, struct bytes *in)
{
    if (r->direction == TO_SERVER)
        r->http->expects_continue = false;
    struct bytes data;
    enum http1_body_result result = http1_body_take(&r->flow->body, in, &data);
    if (r->direction == TO_SERVER)
        http1_tell_body(r, data);
    if (result == HTTP1_BODY_ENDED)
        http1_message_end(r);
    else if (result == HTTP1_BODY_LOST)
        r->flow->phase = HTTP1_PHASE_LOST_CHUNKS;
}

/* Leaves what belongs to the protocol that the conversation switches to. */
static bool take(const struct http1_reading *r, struct bytes *in)
{
    while (in->len && !r->http->http2) {
        if (r->flow->phase == HTTP1_PHASE_BODY)
            take_body(r, in);
        else if (r->flow->phase != HTTP1_PHASE_HEAD)
            return true;
        else if (!take_head(r, in))
            return false;
    }
    return true;
}

static bool ends_with_empty_line(struct bytes b)
{
    return b.len >= 4 && memcmp(b.data + b.len - 4, "\r\n\r\n", 4) == 0;
}

/* All that is left of the run lies behind a head with a gap: n bytes, the tail among them. */
static bool take_gap_in_head(const struct http1_reading *r, uint64_t n, struct bytes tail)
{
    struct http1_flow *flow = r->flow;
    uint64_t excess;
    if (flow->head.first == HTTP1_FIRST_ANY)
        return true;
    if (!http1_head_is_readable(&flow->head, r->direction, http1_trust(r->http, flow))) {
        http1_head_lose(r);
        return r->http->understood;
    }
    if (!http1_message_begin(r, HTTP1_EXTENT_GAP))
        return false;
    if (flow->phase == HTTP1_PHASE_BODY) {
        if (http1_body_skip(&flow->body, n, &excess) == HTTP1_BODY_ENDED)
            http1_message_end(r);
    } else if (ends_with_empty_line(tail) && !http1_body_is_last_chunk(tail, false)) {
        http1_message_end(r); /* the head's end, most likely: no body has been announced */
    } else if (flow->phase == HTTP1_PHASE_HEAD) {
        flow->phase = HTTP1_PHASE_LOST;
    }
    return true;
}

static bool take_behind_gap(const struct http1_reading *r, uint64_t gap, struct bytes tail)
{
    uint64_t excess = 0;
    if (r->flow->phase == HTTP1_PHASE_HEAD)
        return take_gap_in_head(r, gap + tail.len, tail);
    if (r->flow->phase != HTTP1_PHASE_BODY)
        return true;
    if (r->direction == TO_SERVER)
        request_body_stop(&r->http->body);
    enum http1_body_result result = http1_body_skip(&r->flow->body, gap, &excess);
    if (result == HTTP1_BODY_LOST)
        r->flow->phase = HTTP1_PHASE_LOST_CHUNKS;
    if (result == HTTP1_BODY_ENDED) {
        http1_message_end(r);
        if (excess)
            http1_head_lose(r);
    }
    return take(r, &tail);
}

/* The end of a chunked body whose framing was lost. */
static void look_for_last_chunk(const struct http1_reading *r, const struct run *run)
{
    if (r->flow->phase != HTTP1_PHASE_LOST_CHUNKS)
        return;
    struct bytes last = run->tail.len ? run->tail : run->head;
    if (run->tail.len || run->head.len == run->total)
        if (http1_body_is_last_chunk(last, last.len == run->total))
            http1_message_end(r);
}

static void try_head(struct http1_flow *flow)
{
    flow->before = flow->phase;
    flow->phase = HTTP1_PHASE_HEAD;
}

/* A start line that was tried does not go on behind a turn. */
static void stop_trying(struct http1_flow *flow)
{
    if (flow->before == HTTP1_PHASE_HEAD || flow->head.first == HTTP1_FIRST_LINE)
        return;
    http1_head_free(&flow->head);
    flow->phase = flow->before;
    flow->before = HTTP1_PHASE_HEAD;
}

static void find_request(const struct http1_reading *r)
{
    if (http1_flow_is_lost(r->flow))
        try_head(r->flow);
}

static void find_response(const struct http1_reading *r, bool turned, struct bytes bytes)
{
    struct http1 *http = r->http;
    struct http1_flow *flow = r->flow;
    size_t count = http1_exchanges_count(&http->exchanges);
    bool responded = http1_exchanges_flags(&http->exchanges) & HTTP1_RESPONDED;
    bool status_line = bytes.len >= 7 && http1_start_sniff(TO_CLIENT, bytes) == SNIFF_YES;
    if (http1_flow_is_lost(flow) && (count > responded || !count) && (turned || status_line))
        try_head(flow);
    if (flow->phase == HTTP1_PHASE_UNTIL_CLOSE && count > 1 && status_line)
        try_head(flow);
    if (flow->phase == HTTP1_PHASE_BODY && count > 1 && http->alone && status_line)
        try_head(flow);
}

static bool take_run(const struct http1_reading *r, const struct run *run)
{
    struct bytes head = run->head, tail = run->tail;
    uint64_t gap = run->total - head.len - tail.len;
    if (!take(r, &head))
        return false;
    if (r->http->http2) {
        struct run rest = {
            .head = head, .total = run->total - (run->head.len - head.len), .frames = run->frames};
        return http2_protocol.feed(r->http->http2, r->direction, &rest, r->listener);
    }
    return gap ? take_behind_gap(r, gap, tail) : take(r, &tail);
}

/* How much was lost is not known, nor whose answers were in it: what comes next might be anybody's
 * of several requests, and when others come (back) none of those before is known to be open. */
static void lose(const struct http1_reading *r, bool back)
{
    struct http1_flow *flow = r->flow;
    http1_head_free(&flow->head);
    flow->before = HTTP1_PHASE_HEAD;
    if (flow->phase != HTTP1_PHASE_UNTIL_CLOSE)
        flow->phase = HTTP1_PHASE_LOST;
    size_t open = http1_exchanges_count(&r->http->exchanges);
    if (r->direction == TO_CLIENT && (open > 1 || back))
        http1_give_up(r);
}

static bool feed(void *state, enum direction direction, const struct run *run,
    const struct protocol_listener *listener)
{
    struct http1 *http = state;
    struct http1_reading r = {http, &http->flows[direction], direction, listener};
    if (http->http2)
        return http2_protocol.feed(http->http2, direction, run, listener);
    bool turned = http->fed && http->last != direction;
    http->last = direction;
    http->fed = true;
    if (turned)
        stop_trying(r.flow);
    if (run->gap)
        lose(&r, false);
    if (run->gap_back)
        lose(&(struct http1_reading){http, &http->flows[!direction], !direction, listener}, true);
    if (direction == TO_CLIENT)
        find_response(&r, turned, run->head);
    else if (turned || (run->gap && http1_start_sniff(TO_SERVER, run->head) == SNIFF_YES))
        find_request(&r);
    bool go_on = take_run(&r, run);
    bool gap = run->total > run->head.len + run->tail.len;
    if (go_on && direction == TO_CLIENT && (gap || http1_flow_is_lost(r.flow)))
        http1_exchanges_mark_all(&http->exchanges, HTTP1_PASSED);
    if (go_on)
        look_for_last_chunk(&r, run);
    else
        http1_give_up(&r);
    return go_on;
}

static void finish(void *state, const struct protocol_listener *listener)
{
    struct http1 *http = state;
    if (http->http2)
        http2_protocol.finish(http->http2, listener);
    for (int d = TO_SERVER; d <= TO_CLIENT; d++) {
        struct http1_reading r = {http, &http->flows[d], (enum direction)d, listener};
        const struct http1_head *head = &r.flow->head;
        if (r.flow->phase != HTTP1_PHASE_HEAD || !head->bytes.len)
            continue;
        if (d == TO_SERVER ? head->first == HTTP1_FIRST_LINE
                           : http1_head_is_readable(head, TO_CLIENT, http1_trust(http, r.flow)))
            (void)http1_message_begin(&r, HTTP1_EXTENT_CUT);
        else if (d == TO_CLIENT)
            http1_exchanges_mark(&http->exchanges, HTTP1_ANSWERED);
    }
    http1_give_up(&(struct http1_reading){http, &http->flows[TO_CLIENT], TO_CLIENT, listener});
}

static void release(void *state)
{
    struct http1 *http = state;
    http1_head_free(&http->flows[TO_SERVER].head);
    http1_head_free(&http->flows[TO_CLIENT].head);
    buf_free(&http->exchanges.flags);
    if (http->http2)
        http2_protocol.release(http->http2);
    free(http->http2);
}

const struct protocol http1_protocol = {
    .name = "http1",
    .state_size = sizeof(struct http1),
    .sniff = http1_start_sniff,
    .feed = feed,
    .finish = finish,
    .release = release,
};
