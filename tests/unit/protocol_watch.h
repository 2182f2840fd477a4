/* A listener that demands the order that protocol.h promises, and writes down what it hears. */
#ifndef APMSHIM_TESTS_PROTOCOL_WATCH_H
#define APMSHIM_TESTS_PROTOCOL_WATCH_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "protocol/protocol.h"

enum { WATCH_STREAMS_MAX = 4096 };

struct watch {
    struct buf transcript;
    bool silent;     /* only the order is of interest */
    uint64_t newest; /* stream */
    size_t open;
    struct watch_stream {
        bool request, request_end, response, response_end;
    } streams[WATCH_STREAMS_MAX];
};

static inline void watch_require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "protocol.h: %s\n", what);
    abort();
}

static inline struct watch_stream *watch_stream(struct watch *watch, uint64_t stream)
{
    watch_require(stream < WATCH_STREAMS_MAX, "too many streams for the test");
    struct watch_stream *s = &watch->streams[stream];
    watch_require(s->request, "no request yet");
    watch_require(!s->response_end, "response_end is not the last");
    return s;
}

/* So that control characters and the sanitizers see every byte of a view. */
static inline void watch_bytes(struct buf *out, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if ((unsigned char)b.data[i] < ' ' || (unsigned char)b.data[i] > '~')
            buf_printf(out, "\\x%02x", (unsigned char)b.data[i]);
        else
            buf_putc(out, b.data[i]);
}

static inline void watch_headers(struct watch *w, const struct header_view *headers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_puts(&w->transcript, i ? "; " : " | ");
        watch_bytes(&w->transcript, headers[i].name);
        buf_putc(&w->transcript, '=');
        watch_bytes(&w->transcript, headers[i].value);
    }
    buf_putc(&w->transcript, '\n');
    if (w->silent)
        buf_clear(&w->transcript);
}

static inline void watch_told(struct watch *w, const char *what, struct bytes b)
{
    if (b.len)
        buf_puts(&w->transcript, what);
    watch_bytes(&w->transcript, b);
}

static inline void watch_request(void *self, const struct request_info *request)
{
    struct watch *w = self;
    watch_require(request->stream > w->newest, "streams do not count up");
    watch_require(request->stream < WATCH_STREAMS_MAX, "too many streams for the test");
    watch_require(request->method.len && request->target.len, "no names");
    w->newest = request->stream;
    w->streams[request->stream].request = true;
    w->open++;
    buf_printf(&w->transcript, "%" PRIu64 " request ", request->stream);
    watch_bytes(&w->transcript, request->method);
    buf_putc(&w->transcript, ' ');
    watch_bytes(&w->transcript, request->target);
    buf_putc(&w->transcript, ' ');
    watch_bytes(&w->transcript, request->version);
    watch_told(w, " scheme ", request->scheme);
    watch_told(w, " to ", request->authority);
    watch_told(w, " from ", request->remote_address);
    if (request->odd)
        buf_puts(&w->transcript, " odd");
    watch_headers(w, request->headers, request->header_count);
}

static inline void watch_request_end(void *self, uint64_t stream)
{
    struct watch *w = self;
    struct watch_stream *s = watch_stream(w, stream);
    watch_require(!s->request_end, "second request_end");
    s->request_end = true;
    if (!w->silent)
        buf_printf(&w->transcript, "%" PRIu64 " request_end\n", stream);
}

static inline void watch_response(void *self, const struct response_info *response)
{
    struct watch *w = self;
    struct watch_stream *s = watch_stream(w, response->stream);
    watch_require(!s->response, "second response");
    watch_require(response->status >= 100 && response->status <= 999, "no status");
    s->response = true;
    buf_printf(&w->transcript, "%" PRIu64 " response %d", response->stream, response->status);
    watch_headers(w, response->headers, response->header_count);
}

static inline void watch_trailers(void *self, const struct response_info *trailers)
{
    struct watch *w = self;
    watch_require(watch_stream(w, trailers->stream)->response, "trailers without response");
    buf_printf(&w->transcript, "%" PRIu64 " trailers", trailers->stream);
    watch_headers(w, trailers->headers, trailers->header_count);
}

static inline void watch_withdrawn(void *self, uint64_t stream)
{
    struct watch *w = self;
    watch_stream(w, stream);
    if (!w->silent)
        buf_printf(&w->transcript, "%" PRIu64 " withdrawn\n", stream);
}

/* What is told of bodies is no part of the story: it depends on where they are cut. */
static inline void watch_body(void *self, uint64_t stream, struct bytes piece)
{
    struct watch *w = self;
    struct buf text = {0};
    watch_require(!watch_stream(w, stream)->request_end && piece.len, "body outside its request");
    watch_bytes(&text, piece);
    buf_free(&text);
}

static inline void watch_unreadable(void *self, uint64_t stream)
{
    struct watch *w = self;
    watch_require(!watch_stream(w, stream)->response, "unreadable response");
    if (!w->silent)
        buf_printf(&w->transcript, "%" PRIu64 " unreadable\n", stream);
}

static inline void watch_refused(void *self, uint64_t stream)
{
    struct watch *w = self;
    watch_require(!watch_stream(w, stream)->response, "refused and answered");
    if (!w->silent)
        buf_printf(&w->transcript, "%" PRIu64 " refused\n", stream);
}

static inline void watch_complained(void *self, uint64_t stream, struct bytes text)
{
    struct watch *w = self;
    watch_stream(w, stream);
    if (w->silent)
        return;
    buf_printf(&w->transcript, "%" PRIu64 " complained ", stream);
    watch_bytes(&w->transcript, text);
    buf_putc(&w->transcript, '\n');
}

static inline void watch_lost(void *self)
{
    struct watch *w = self;
    if (!w->silent)
        buf_puts(&w->transcript, "lost\n");
}

static inline void watch_response_end(void *self, uint64_t stream, bool complete)
{
    struct watch *w = self;
    struct watch_stream *s = watch_stream(w, stream);
    watch_require(!complete || s->response, "complete without response");
    s->response_end = true;
    w->open--;
    if (!w->silent)
        buf_printf(
            &w->transcript, "%" PRIu64 " response_end%s\n", stream, complete ? " complete" : "");
}

static inline struct protocol_listener watch_listener(struct watch *watch)
{
    return (struct protocol_listener){
        .request = watch_request,
        .request_end = watch_request_end,
        .response = watch_response,
        .response_end = watch_response_end,
        .trailers = watch_trailers,
        .withdrawn = watch_withdrawn,
        .body = watch_body,
        .unreadable = watch_unreadable,
        .refused = watch_refused,
        .complained = watch_complained,
        .lost = watch_lost,
        .self = watch,
    };
}

/* One conversation in which calls keep of their bytes no more than head_max and tail_max. */
struct watched {
    const struct protocol *protocol;
    void *state;
    struct watch *watch;
    size_t head_max, tail_max;
    bool gave_up;
};

/* Exactly as many bytes as there are, so that a sanitizer sees reading beyond them. */
static inline struct bytes watch_copy(const char *data, size_t len)
{
    char *copy = malloc(len);
    if (len)
        memcpy(copy, data, len);
    return (struct bytes){copy, len};
}

static inline void watch_copy_free(struct bytes b)
{
    free((void *)(uintptr_t)b.data);
}

static inline void watched_feed(struct watched *c, enum direction direction, struct bytes bytes)
{
    if (c->gave_up || !bytes.len)
        return;
    size_t head = bytes.len < c->head_max ? bytes.len : c->head_max, left = bytes.len - head;
    size_t tail = left < c->tail_max ? left : c->tail_max;
    struct run run = {
        .head = watch_copy(bytes.data, head),
        .tail = watch_copy(bytes.data + bytes.len - tail, tail),
        .total = bytes.len,
    };
    struct protocol_listener listener = watch_listener(c->watch);
    c->gave_up = !c->protocol->feed(c->state, direction, &run, &listener);
    watch_require(!c->gave_up || !c->watch->open, "gave up, but did not end what was open");
    watch_copy_free(run.head);
    watch_copy_free(run.tail);
}

static inline void watched_begin(
    struct watched *c, const struct protocol *protocol, struct watch *watch)
{
    memset(watch, 0, sizeof *watch);
    *c = (struct watched){.protocol = protocol,
        .state = calloc(1, protocol->state_size),
        .watch = watch,
        .head_max = SIZE_MAX};
}

static inline void watched_end(struct watched *c)
{
    struct protocol_listener listener = watch_listener(c->watch);
    if (!c->gave_up)
        c->protocol->finish(c->state, &listener);
    watch_require(!c->watch->open, "left open by finish()");
    if (c->protocol->release)
        c->protocol->release(c->state);
    free(c->state);
}

#endif
