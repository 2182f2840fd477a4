#include "trace/exchanges.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/alloc.h"
#include "trace/tcp.h"

static void note_stream(struct turn *turn, uint64_t stream)
{
    turn->streams += turn->stream != stream;
    turn->stream = stream;
}

static void on_request(void *self, const struct request_info *request)
{
    struct turn *turn = self;
    struct exchange *exchange = xcalloc(1, sizeof *exchange),
                    **last = &turn->conversation->exchanges;
    /* By its answer alone it was known to be one. */
    bool late = turn->direction == TO_CLIENT && turn->conversation->asked;
    uint64_t begin = late ? turn->conversation->asked : turn->begin;
    exchange->stream = request->stream;
    exchange->transaction = request->method.len
                                ? http_transaction(turn->tracer, turn->conversation, request, begin)
                                : tcp_transaction(turn->tracer, turn->conversation, begin);
    note_stream(turn, request->stream);
    while (*last)
        last = &(*last)->next;
    *last = exchange;
    exchange->transaction->pid = turn->pid;
    exchange->transaction->thread = turn->thread;
    exchange->transaction->tid = turn->tid;
    exchange->transaction->cookie = turn->conversation->cookie;
    DL_APPEND2(turn->tracer->requests, exchange->transaction, previous_open, next_open);
}

static struct exchange *exchange_of(struct turn *turn, uint64_t stream)
{
    struct exchange *e = turn->conversation->exchanges;
    while (e && e->stream != stream)
        e = e->next;
    return e;
}

static void on_response(void *self, const struct response_info *response)
{
    struct turn *turn = self;
    struct exchange *exchange = exchange_of(turn, response->stream);
    if (!exchange)
        return;
    if (response->status)
        http_response(turn->tracer, exchange->transaction, response);
    else
        tcp_response(exchange->transaction);
    note_stream(turn, response->stream);
    transaction_hold(exchange->transaction);
    transaction_drop(turn->tracer, turn->answered);
    turn->answered = exchange->transaction;
}

static void on_response_end(void *self, uint64_t stream, bool complete)
{
    struct turn *turn = self;
    struct conversation *c = turn->conversation;
    struct exchange **link = &c->exchanges;
    while (*link && (*link)->stream != stream)
        link = &(*link)->next;
    struct exchange *exchange = *link;
    if (!exchange)
        return;
    struct live_transaction *t = exchange->transaction;
    if (!t->event.result && (c->lost || exchange->unseen))
        http_answer_lost(t);
    else if (!t->event.result)
        http_unanswered(t, c->peer_left || exchange->withdrawn, turn->killed);
    /* An end that was only inferred lies where the last byte was sent, if any was. */
    bool sent = c->last_sent > t->start;
    transaction_end(turn->tracer, t, complete || !sent ? turn->end : c->last_sent);
    DL_DELETE2(turn->tracer->requests, t, previous_open, next_open);
    work_answered(turn->tracer, t);
    *link = exchange->next;
    free(exchange);
    transaction_drop(turn->tracer, c->last);
    c->last = t;
}

/* An exchange lasts until its response has ended, whenever its request did. */
static void on_request_end(void *self, uint64_t stream)
{
    note_stream(self, stream);
}

static void on_body(void *self, uint64_t stream, struct bytes piece)
{
    struct turn *turn = self;
    struct exchange *exchange = exchange_of(turn, stream);
    if (exchange)
        http_body(exchange->transaction, piece);
}

static void on_trailers(void *self, const struct response_info *trailers)
{
    struct turn *turn = self;
    struct exchange *exchange = exchange_of(turn, trailers->stream);
    if (exchange)
        http_trailers(exchange->transaction, trailers);
}

static void on_withdrawn(void *self, uint64_t stream)
{
    struct turn *turn = self;
    struct exchange *exchange = exchange_of(turn, stream);
    if (exchange)
        exchange->withdrawn = true;
}

static void on_unreadable(void *self, uint64_t stream)
{
    struct turn *turn = self;
    struct exchange *exchange = exchange_of(turn, stream);
    if (exchange)
        exchange->unseen = true;
}

/* A request that nobody has worked on is none. */
static void on_refused(void *self, uint64_t stream)
{
    struct turn *turn = self;
    struct exchange *exchange = exchange_of(turn, stream);
    struct live_transaction *t = exchange ? exchange->transaction : NULL;
    if (t && !t->open && !t->kind_count)
        t->ignored = true;
}

static void on_complained(void *self, uint64_t stream, struct bytes text)
{
    struct turn *turn = self;
    struct exchange *exchange = exchange_of(turn, stream);
    if (exchange)
        http_complained(turn->tracer, exchange->transaction, text, turn->end);
}

static void on_lost(void *self)
{
    struct turn *turn = self;
    turn->conversation->lost = true;
}

struct protocol_listener exchanges_listener(struct turn *turn)
{
    return (struct protocol_listener){.request = on_request,
        .body = on_body,
        .request_end = on_request_end,
        .response = on_response,
        .response_end = on_response_end,
        .trailers = on_trailers,
        .withdrawn = on_withdrawn,
        .unreadable = on_unreadable,
        .refused = on_refused,
        .complained = on_complained,
        .lost = on_lost,
        .self = turn};
}

void exchanges_end(struct turn *turn)
{
    while (turn->conversation->exchanges)
        on_response_end(turn, turn->conversation->exchanges->stream, false);
}
