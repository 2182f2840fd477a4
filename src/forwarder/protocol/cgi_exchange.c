#include "protocol/cgi_exchange.h"

enum { STREAM = 1 };

/* Reads the variables of the first `size` bytes of the block, as many as there are. */
static void report_request(struct cgi_exchange *e, const struct cgi_format *format, size_t offset,
    size_t size, const struct protocol_listener *listener)
{
    bool whole = true;
    struct cgi_request request;
    struct bytes block = bytes_skip((struct bytes){e->begin.data, e->begin.len}, offset);
    struct bytes name, value;
    memset(&request, 0, offsetof(struct cgi_request, headers));
    request.cut = block.len < size;
    if (block.len > size)
        block.len = size;
    while (whole && format->next_text(&block, &name)) {
        whole = format->next_text(&block, &value);
        if (whole)
            cgi_request_add(&request, value, e->begin.data + (name.data - e->begin.data), name.len);
        else if (request.cut)
            cgi_request_add_cut(&request, value, name.data, name.len);
    }
    e->open = cgi_request_report(&request, STREAM, listener);
}

/* seen: all of the run, so that more of it may follow. */
static void tell_body(
    struct cgi_exchange *e, struct bytes piece, bool seen, const struct protocol_listener *listener)
{
    if (e->open)
        request_body_tell(&e->body, listener, STREAM, piece);
    if (!seen)
        request_body_stop(&e->body);
}

/* cut: nothing follows behind what has been collected. */
static bool try_block(struct cgi_exchange *e, const struct cgi_format *format, bool cut,
    const struct protocol_listener *listener)
{
    size_t offset = 0, size = 0;
    struct bytes begin = {e->begin.data, e->begin.len};
    enum sniff found = format->find_block(begin, &offset, &size);
    if (found == SNIFF_MORE && !cut)
        return true;
    if (found == SNIFF_YES && !cut && begin.len < offset + size)
        return true;
    if (found == SNIFF_YES)
        report_request(e, format, offset, size, listener);
    tell_body(e, bytes_skip(begin, offset + size + format->behind), !cut, listener);
    e->block_over = true;
    buf_free(&e->begin);
    return e->open;
}

static bool take_request(struct cgi_exchange *e, const struct cgi_format *format,
    const struct run *run, const struct protocol_listener *listener)
{
    if (e->block_over) {
        tell_body(e, run->head, run->head.len == run->total && !run->gap, listener);
        return true;
    }
    if (run->gap && e->begin.len)
        return try_block(e, format, true, listener);
    size_t room = CGI_VARIABLES_BYTES_MAX - e->begin.len;
    size_t n = run->head.len < room ? run->head.len : room;
    buf_add(&e->begin, run->head.data, n);
    return try_block(e, format, n < run->total, listener);
}

static void take_response(
    struct cgi_exchange *e, const struct run *run, const struct protocol_listener *listener)
{
    if (run->gap)
        cgi_response_cut(&e->response, STREAM, listener);
    cgi_response_take(&e->response, run->head, STREAM, listener);
    if (run->head.len < run->total)
        cgi_response_cut(&e->response, STREAM, listener);
}

bool cgi_exchange_feed(struct cgi_exchange *e, const struct cgi_format *format,
    enum direction direction, const struct run *run, const struct protocol_listener *listener)
{
    if (direction == TO_SERVER)
        return take_request(e, format, run, listener);
    /* A service may refuse a request before it has all of it. */
    if (!e->block_over && !try_block(e, format, true, listener))
        return false;
    take_response(e, run, listener);
    return true;
}

void cgi_exchange_finish(struct cgi_exchange *e, const struct cgi_format *format,
    const struct protocol_listener *listener)
{
    if (!e->block_over)
        (void)try_block(e, format, true, listener);
    if (!e->open)
        return;
    e->open = false;
    cgi_response_cut(&e->response, STREAM, listener);
    listener->response_end(listener->self, STREAM, false);
}

void cgi_exchange_release(void *state)
{
    struct cgi_exchange *e = state;
    buf_free(&e->begin);
    cgi_response_free(&e->response);
}
