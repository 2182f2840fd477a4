#include "protocol/http1_messages.h"

#include "base/alloc.h"
#include "protocol/http2.h"

static void end_oldest(const struct http1_reading *r, bool complete)
{
    const struct http1 *http = r->http;
    unsigned flags = http1_exchanges_flags(&http->exchanges);
    uint64_t stream = http1_exchanges_oldest(&http->exchanges);
    if (!http1_exchanges_count(&http->exchanges))
        return;
    bool responded = flags & HTTP1_RESPONDED;
    if (!responded && http->closing && !(flags & HTTP1_ANSWERED))
        r->listener->refused(r->listener->self, stream);
    else if (!responded && flags & (HTTP1_ANSWERED | HTTP1_PASSED))
        r->listener->unreadable(r->listener->self, stream);
    http1_exchanges_end(&r->http->exchanges, complete, r->listener);
}

void http1_give_up(const struct http1_reading *r)
{
    while (http1_exchanges_count(&r->http->exchanges))
        end_oldest(r, false);
}

/* ---- ends of messages ---- */

static void end_request(const struct http1_reading *r)
{
    const struct http1_exchanges *exchanges = &r->http->exchanges;
    r->flow->phase = HTTP1_PHASE_HEAD;
    r->http->expects_continue = false;
    /* An exchange may be over before its request is. */
    if (http1_exchanges_count(exchanges))
        r->listener->request_end(r->listener->self, exchanges->newest);
}

/* Having refused a request that expected 100 Continue, the peer gets no body, whatever its head
 * said (RFC 9110, section 10.1.1): the next bytes may be a new request. */
static void forget_unsent_body(struct http1 *http)
{
    struct http1_flow *requests = &http->flows[TO_SERVER];
    if (http->expects_continue && requests->phase == HTTP1_PHASE_BODY &&
        !http1_exchanges_count(&http->exchanges))
        requests->phase = HTTP1_PHASE_LOST;
    http->expects_continue = false;
}

static void end_response(const struct http1_reading *r)
{
    r->flow->phase = HTTP1_PHASE_HEAD;
    /* Otherwise it answered a request that was not seen. */
    if (!(http1_exchanges_flags(&r->http->exchanges) & HTTP1_RESPONDED))
        return;
    end_oldest(r, true);
    forget_unsent_body(r->http);
}

void http1_message_end(const struct http1_reading *r)
{
    if (r->direction == TO_SERVER)
        end_request(r);
    else
        end_response(r);
}

void http1_head_lose(const struct http1_reading *r)
{
    struct http1_flow *flow = r->flow;
    http1_head_free(&flow->head);
    flow->phase = flow->before != HTTP1_PHASE_HEAD ? flow->before : HTTP1_PHASE_LOST;
    flow->before = HTTP1_PHASE_HEAD;
    if (r->direction == TO_CLIENT)
        http1_exchanges_mark(&r->http->exchanges, HTTP1_ANSWERED);
}

/* ---- beginnings of messages ---- */

/* Returns HTTP1_PHASE_HEAD where there is no body. */
static enum http1_phase begin_framed(struct http1_flow *flow, const struct http1_framing *framing)
{
    if (framing->transfer_encoding ? !framing->chunked : framing->bad_length)
        return HTTP1_PHASE_LOST;
    if (framing->chunked)
        http1_body_begin_chunked(&flow->body);
    else if (framing->length)
        http1_body_begin_length(&flow->body, framing->length);
    else
        return HTTP1_PHASE_HEAD;
    return HTTP1_PHASE_BODY;
}

/* Of a head whose end is in a gap. */
static enum http1_phase begin_behind_gap(
    struct http1_flow *flow, const struct http1_framing *framing)
{
    if (framing->chunked || (!framing->transfer_encoding && !framing->has_length))
        return HTTP1_PHASE_LOST_CHUNKS;
    return begin_framed(flow, framing);
}

static void report_request(
    const struct http1_reading *r, uint64_t stream, struct http1_fields *fields)
{
    struct request_info request = {
        .stream = stream,
        .method = fields->start.method,
        .target = fields->start.target,
        .version = fields->start.version,
        .headers = fields->headers,
        .header_count = fields->header_count,
        .odd = fields->start.odd,
    };
    r->listener->request(r->listener->self, &request);
}

static unsigned flags_of(struct bytes method)
{
    return bytes_equal(method, BYTES("HEAD"))      ? HTTP1_IS_HEAD
           : bytes_equal(method, BYTES("CONNECT")) ? HTTP1_IS_CONNECT
                                                   : 0;
}

/* RFC 9112, section 9.3; nothing is known of a head that was cut. */
static bool is_last(const struct http1_fields *fields, enum http1_extent extent)
{
    bool keeps = !bytes_equal(fields->start.version, BYTES("1.0"));
    if (extent != HTTP1_EXTENT_WHOLE)
        return false;
    for (size_t i = 0; i < fields->header_count; i++) {
        struct bytes list = fields->headers[i].value;
        if (!bytes_equal_nocase(fields->headers[i].name, BYTES("connection")))
            continue;
        if (http1_list_has(list, BYTES("close")))
            return true;
        keeps |= http1_list_has(list, BYTES("keep-alive"));
    }
    return !keeps;
}

static bool begin_request(
    const struct http1_reading *r, struct http1_fields *fields, enum http1_extent extent)
{
    struct http1 *http = r->http;
    if (http1_flow_is_lost(&http->flows[TO_CLIENT]) &&
        (http1_exchanges_flags(&http->exchanges) & HTTP1_ANSWERED))
        end_oldest(r, false);
    unsigned flags = flags_of(fields->start.method) | (is_last(fields, extent) ? HTTP1_IS_LAST : 0);
    uint64_t stream = http1_exchanges_add(&http->exchanges, flags);
    if (!stream)
        return false;
    report_request(r, stream, fields);
    http->expects_continue = fields->expects_continue;
    http->body = (struct request_body){0};
    if (extent != HTTP1_EXTENT_WHOLE)
        request_body_stop(&http->body);
    if (extent == HTTP1_EXTENT_CUT)
        r->flow->phase = HTTP1_PHASE_LOST;
    else if (extent == HTTP1_EXTENT_GAP)
        r->flow->phase = begin_behind_gap(r->flow, &fields->framing);
    else
        r->flow->phase = begin_framed(r->flow, &fields->framing);
    if (extent == HTTP1_EXTENT_WHOLE && r->flow->phase == HTTP1_PHASE_HEAD)
        end_request(r);
    if (flags & HTTP1_IS_CONNECT) /* what follows is of another protocol, unless it is refused */
        r->flow->phase = HTTP1_PHASE_LOST;
    return true;
}

static bool has_no_body(const struct http1_fields *fields, unsigned flags)
{
    return (flags & HTTP1_IS_HEAD) || fields->start.status == 204 || fields->start.status == 304;
}

/* RFC 9112, section 6.3. */
static enum http1_phase response_body(struct http1_flow *flow, const struct http1_fields *fields,
    unsigned flags, enum http1_extent extent)
{
    const struct http1_framing *framing = &fields->framing;
    if (has_no_body(fields, flags))
        return extent == HTTP1_EXTENT_WHOLE ? HTTP1_PHASE_HEAD : HTTP1_PHASE_LOST;
    if (extent == HTTP1_EXTENT_CUT)
        return HTTP1_PHASE_LOST;
    if (extent == HTTP1_EXTENT_GAP)
        return begin_behind_gap(flow, framing);
    if (framing->transfer_encoding ? !framing->chunked
                                   : !framing->has_length && !framing->bad_length)
        return HTTP1_PHASE_UNTIL_CLOSE;
    return begin_framed(flow, framing);
}

static bool leaves_http(const struct http1_fields *fields, unsigned flags)
{
    return fields->start.status == 101 ||
           ((flags & HTTP1_IS_CONNECT) && fields->start.status / 100 == 2);
}

static bool switches_to_http2(const struct http1_fields *fields)
{
    struct bytes to = header_find(fields->headers, fields->header_count, BYTES("upgrade"));
    return fields->start.status == 101 && bytes_equal_nocase(to, BYTES("h2c"));
}

/* The request is answered there, and ends there. */
static void switch_to_http2(struct http1 *http)
{
    http->http2 = xcalloc(1, http2_protocol.state_size);
    http2_upgraded(http->http2, http1_exchanges_oldest(&http->exchanges));
    http->exchanges.first++;
}

static void report_response(const struct http1_reading *r, const struct http1_fields *fields)
{
    struct response_info response = {
        .stream = http1_exchanges_oldest(&r->http->exchanges),
        .status = fields->start.status,
        .headers = fields->headers,
        .header_count = fields->header_count,
    };
    http1_exchanges_mark(&r->http->exchanges, HTTP1_ANSWERED | HTTP1_RESPONDED);
    r->listener->response(r->listener->self, &response);
}

void http1_begin_pending(const struct http1_reading *r)
{
    struct http1_flow *requests = &r->http->flows[TO_SERVER];
    const struct http1_head *head = &requests->head;
    if (http1_exchanges_count(&r->http->exchanges) || requests->phase != HTTP1_PHASE_HEAD ||
        !head->bytes.len || (!http1_flow_is_sure(requests) && head->first != HTTP1_FIRST_LINE) ||
        bytes_start_with((struct bytes){head->bytes.data, head->bytes.len}, BYTES("HTTP/")))
        return;
    (void)http1_message_begin(&(struct http1_reading){r->http, requests, TO_SERVER, r->listener},
        http1_head_is_whole(head) ? HTTP1_EXTENT_WHOLE : HTTP1_EXTENT_CUT);
}

static bool begin_response(
    const struct http1_reading *r, const struct http1_fields *fields, enum http1_extent extent)
{
    struct http1 *http = r->http;
    if (http1_exchanges_count(&http->exchanges) == 1 && extent == HTTP1_EXTENT_WHOLE &&
        switches_to_http2(fields)) {
        switch_to_http2(http);
        return true;
    }
    if (fields->start.status / 100 == 1 && fields->start.status != 101) {
        r->flow->phase = extent == HTTP1_EXTENT_WHOLE ? HTTP1_PHASE_HEAD : HTTP1_PHASE_LOST;
        http->expects_continue = false;
        return true;
    }
    if (fields->start.version.len)
        http1_begin_pending(r);
    else if (!http1_exchanges_count(&http->exchanges))
        return false; /* what answers so was not asked in HTTP */
    unsigned flags = http1_exchanges_flags(&http->exchanges);
    bool next = http1_exchanges_count(&http->exchanges) > 1;
    /* The flow had been lost in the body of the oldest, or in all of what answered it. */
    if ((flags & HTTP1_RESPONDED) || ((flags & HTTP1_ANSWERED) && next)) {
        end_oldest(r, false);
        flags = http1_exchanges_flags(&http->exchanges);
    }
    http->alone = http1_exchanges_count(&http->exchanges) <= 1;
    http->closing = is_last(fields, extent) || flags & HTTP1_IS_LAST;
    http->bodiless = has_no_body(fields, flags);
    http->forbidden = fields->framing;
    if (http1_exchanges_count(&http->exchanges))
        report_response(r, fields);
    if (leaves_http(fields, flags)) {
        http->closing = true; /* what was sent ahead is of the other protocol */
        end_response(r);
        return false;
    }
    r->flow->phase = response_body(r->flow, fields, flags, extent);
    if (r->flow->phase == HTTP1_PHASE_HEAD && extent == HTTP1_EXTENT_WHOLE)
        end_response(r);
    return true;
}

void http1_tell_body(const struct http1_reading *r, struct bytes data)
{
    const struct http1_exchanges *exchanges = &r->http->exchanges;
    if (http1_exchanges_count(exchanges))
        request_body_tell(&r->http->body, r->listener, exchanges->newest, data);
}

bool http1_begin_forbidden_body(const struct http1_reading *r)
{
    if (r->direction != TO_CLIENT || !r->http->bodiless)
        return false;
    r->http->bodiless = false;
    r->flow->phase = begin_framed(r->flow, &r->http->forbidden);
    return r->flow->phase == HTTP1_PHASE_BODY;
}

bool http1_message_begin(const struct http1_reading *r, enum http1_extent extent)
{
    struct http1_fields fields;
    struct http1_head head = r->flow->head; /* the views' owner */
    r->flow->head = (struct http1_head){0};
    r->flow->before = HTTP1_PHASE_HEAD;
    r->http->understood = true;
    http1_head_read(&head, r->direction, &fields);
    bool go_on = r->direction == TO_SERVER ? begin_request(r, &fields, extent)
                                           : begin_response(r, &fields, extent);
    http1_head_free(&head);
    return go_on;
}
