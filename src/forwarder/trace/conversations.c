/* Accepted connections: their bytes go through a protocol's parser, whose reports become exchanges.
 * A thread that receives on a connection works for it from then on. */
#include "trace/exchanges.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"

#define KERNEL_TICK_NS UINT64_C(10000000) /* of its slowest clock, 100 Hz */

static struct conversation *find(struct tracer *tracer, uint64_t cookie)
{
    struct conversation *c;
    HASH_FIND(hh, tracer->conversations, &cookie, sizeof cookie, c);
    return c;
}

static struct conversation *create(struct tracer *tracer, uint64_t cookie)
{
    struct conversation *c = xcalloc(1, sizeof *c);
    c->cookie = cookie;
    HASH_ADD(hh, tracer->conversations, cookie, sizeof c->cookie, c);
    return c;
}

/* ---- feeding it ---- */

static void feed(struct turn *turn, enum direction direction, const struct run *run)
{
    struct conversation *c = turn->conversation;
    struct protocol_listener listener = exchanges_listener(turn);
    turn->direction = direction;
    if (c->protocol->feed(c->state, direction, run, &listener))
        return;
    c->opaque = true;
    if (c->lost)
        unread_note(turn->tracer, UNREAD_REQUESTS);
}

/* Feeds what came before the protocol was known as one run. newest: the run that ended it and is
 * part of it already; NULL: what came is all there is. */
static void feed_first(struct turn *turn, const struct run *newest)
{
    struct conversation *c = turn->conversation;
    struct turn first = *turn;
    first.begin = c->first_time;
    if (!newest)
        first.end = c->first_time;
    struct run run = {.head = {c->first.data, c->first.len}, .total = c->first_total};
    if (newest) {
        run.tail = newest->tail;
        run.frames = newest->frames;
        run.gap = newest->gap;
        run.gap_back = newest->gap_back;
    }
    feed(&first, c->first_direction, &run);
    turn->stream = first.stream;
    turn->streams = first.streams;
    turn->answered = first.answered;
}

/* Whether it is known now what is spoken: then what came before is fed. */
static bool begin_if_known(struct turn *turn, const struct run *newest)
{
    struct conversation *c = turn->conversation;
    if (c->protocol && c->first.len)
        feed_first(turn, newest);
    if (c->protocol || c->opaque)
        buf_free(&c->first);
    return c->protocol || c->opaque;
}

static void feed_answer(struct turn *turn, const struct run *run)
{
    struct conversation *c = turn->conversation;
    struct run begin = {.head = {c->answer.data, c->answer.len}, .total = c->answer.len};
    if (begin.total && !c->opaque)
        feed(turn, TO_CLIENT, &begin);
    if (!c->opaque)
        feed(turn, TO_CLIENT, run);
    buf_free(&c->answer);
}

/* The other side speaks: there will be no more of the first bytes. */
static void begin_by_answer(struct turn *turn, enum direction direction, const struct run *run)
{
    struct conversation *c = turn->conversation;
    struct buf answer = {0};
    buf_add(&answer, c->answer.data, c->answer.len);
    buf_add(&answer, run->head.data, run->head.len);
    conversation_recognise_answer(
        turn->tracer, c, (struct bytes){answer.data, run->head.len ? answer.len : 0});
    if (!begin_if_known(turn, NULL))
        buf_add(&c->answer, run->head.data, run->head.len);
    else if (direction == TO_CLIENT)
        feed_answer(turn, run);
    else if (!c->opaque)
        feed(turn, direction, run);
    buf_free(&answer);
}

/* The first bytes decide what is spoken. */
static void begin_protocol(struct turn *turn, enum direction direction, const struct run *run)
{
    struct conversation *c = turn->conversation;
    if (c->first.len && c->first_direction != direction) {
        begin_by_answer(turn, direction, run);
        return;
    }
    if (!c->first.len)
        c->first_time = turn->begin;
    c->first_direction = direction;
    conversation_keep_first(c, run);
    conversation_recognise(turn->tracer, c, false);
    (void)begin_if_known(turn, run);
}

static void note_worker(struct tracer *tracer, struct conversation *c, const struct writer *writer,
    const struct rec_run *run)
{
    c->worked_by = writer->pid;
    process_serves(tracer, writer->pid, run->total > 0, run->head.time);
}

static void end_protocol(struct turn *turn)
{
    struct conversation *c = turn->conversation;
    struct protocol_listener listener = exchanges_listener(turn);
    if (c->protocol && !c->opaque)
        c->protocol->finish(c->state, &listener);
    exchanges_end(turn);
    if (c->protocol && c->protocol->release)
        c->protocol->release(c->state);
    buf_free(&c->first);
    buf_free(&c->answer);
    c->first_total = 0;
    free(c->state);
    c->state = NULL;
    c->protocol = NULL;
    transaction_drop(turn->tracer, turn->answered); /* by a head that was never complete */
    turn->answered = NULL;
}

/* What was said in the clear before (the PROXY protocol, STARTTLS) was another conversation. */
static void begin_tls(struct turn *turn)
{
    end_protocol(turn);
    turn->conversation->opaque = false;
    turn->conversation->tls = true;
    turn->conversation->tls_begun = turn->begin;
}

/* It was answered in the clear: taken for a request, and a bad one. */
static void end_tls(struct conversation *c)
{
    static const char hello[] = {0x16, 3};
    c->tls = false;
    buf_clear(&c->first);
    buf_add(&c->first, hello, sizeof hello);
    c->first_total = sizeof hello;
    c->first_time = c->tls_begun;
    c->first_direction = TO_SERVER;
}

/* Of several requests at once a run tells for which the thread works, or has worked, if it is of
 * one alone. */
static void note_streams(struct turn *turn, bool received, struct thread_state *thread)
{
    if (received && turn->streams)
        turn->conversation->current = turn->streams == 1 ? turn->stream : 0;
    else if (!received && turn->streams == 1 && turn->answered)
        work_answering(turn->tracer, thread, turn->answered);
}

struct live_transaction *conversation_request(const struct conversation *c, bool *ret_crowded)
{
    const struct exchange *e = c->exchanges;
    *ret_crowded = false;
    if (!e || !c->multiplexed || !e->next)
        return e ? e->transaction : c->last;
    while (e && e->stream != c->current)
        e = e->next;
    *ret_crowded = !e;
    return e ? e->transaction : NULL;
}

/* How many bytes were sent that nobody has told of. */
static uint64_t count_sent(struct conversation *c, const struct rec_run *r)
{
    if (!(r->head.flags & RUN_COUNT)) {
        c->sent += r->head.flags & RUN_TLS ? 0 : r->total;
        return 0;
    }
    uint64_t unseen = c->counted && r->total > c->sent ? r->total - c->sent : 0;
    c->sent = r->total > c->sent ? r->total : c->sent; /* less: told of before it was sent */
    c->counted = true;
    return unseen;
}

/* Of an answer that passed unseen all that is known is when the kernel sent the last of it, to a
 * tick. What it sent before the request is no answer. */
static void take_unseen(struct turn *turn, uint64_t n, const struct rec_run *r)
{
    struct conversation *c = turn->conversation;
    uint64_t asked = c->exchanges->transaction->start;
    uint64_t at = r->elapsed < r->head.time ? r->head.time - r->elapsed : 0;
    if (at + KERNEL_TICK_NS < asked)
        return;
    turn->begin = turn->end = at > asked ? at : asked + 1;
    c->exchanges->unseen = true;
    feed(turn, TO_CLIENT, &(struct run){.total = n});
    c->last_sent = turn->end;
    transaction_drop(turn->tracer, turn->answered);
}

void conversation_run(struct tracer *tracer, const struct writer *writer, const struct rec_run *r)
{
    struct conversation *c = find(tracer, r->cookie);
    if (!c)
        c = create(tracer, r->cookie); /* accepted before we could see it */
    bool received = r->head.type == REC_RECV;
    const char *bytes = (const char *)(r + 1);
    struct run run = {
        .head = {bytes, r->head_len},
        .tail = {bytes + r->head_len, r->tail_len},
        .total = r->total,
        .frames = r->head.flags & RUN_FRAMES,
        .gap = r->head.flags & RUN_GAP,
        .gap_back = r->head.flags & RUN_GAP_BACK,
    };
    struct turn turn = {.tracer = tracer,
        .pid = writer->pid,
        .thread = writer->thread,
        .tid = writer->tid,
        .conversation = c,
        .begin = r->head.time,
        .end = r->head.time + r->elapsed};
    uint64_t unseen = received ? 0 : count_sent(c, r);
    if (r->head.flags & RUN_COUNT) {
        if (unseen && c->exchanges && c->protocol && !c->opaque)
            take_unseen(&turn, unseen, r);
        return;
    }
    note_worker(tracer, c, writer, r);
    if (r->head.flags & RUN_TLS && !c->tls)
        begin_tls(&turn);
    c->plain |= r->head.flags & RUN_TLS && run.total;
    if (c->tls && !c->plain && !c->protocol && !received && run.total)
        end_tls(c);
    c->lost |= run.gap || run.gap_back;
    c->multiplexed |= run.frames;
    if (received && (r->head.flags & (RUN_EOF | RUN_ERROR)))
        c->peer_left = true;
    if (received && r->total)
        work_received(tracer, thread_of(tracer, writer), c->cookie);
    if (!received && r->total && c->exchanges && !c->multiplexed)
        work_answering(tracer, thread_of(tracer, writer), c->exchanges->transaction);
    if (!received && run.total && !run.head.len && c->exchanges)
        c->exchanges->unseen = true;
    if (received && r->total && !c->asked)
        c->asked = turn.begin;
    enum direction direction = received ? TO_SERVER : TO_CLIENT;
    if (run.total < run.head.len + run.tail.len || !run.total || c->opaque)
        return;
    if (c->protocol)
        feed(&turn, direction, &run);
    else
        begin_protocol(&turn, direction, &run);
    if (!received)
        c->last_sent = turn.end, c->asked = 0;
    if (c->multiplexed)
        note_streams(&turn, received, thread_of(tracer, writer));
    transaction_drop(tracer, turn.answered);
}

/* ---- beginning and end ---- */

void conversation_set_peer(struct conversation *c, const struct rec_address *address)
{
    address_show(address, c->peer);
}

void conversation_accepted(
    struct tracer *tracer, const struct writer *writer, const struct rec_socket *record)
{
    struct conversation *c = find(tracer, record->cookie);
    if (!c)
        c = create(tracer, record->cookie);
    c->accepted_by = writer->pid;
    c->counted = record->listener; /* else the connection may have begun elsewhere */
    conversation_set_peer(c, &record->address);
    c->is_local = record->address.family == ADDRESS_UNIX;
    c->port = listener_port(tracer, record->listener);
    process_serves(tracer, writer->pid, false, record->head.time);
}

static void end_conversation(
    struct tracer *tracer, struct conversation *c, uint64_t time, bool killed)
{
    struct turn turn = {
        .tracer = tracer, .conversation = c, .begin = time, .end = time, .killed = killed};
    end_protocol(&turn);
    if (c->tls && !c->plain)
        unread_note(tracer, UNREAD_TLS);
    HASH_DEL(tracer->conversations, c);
    transaction_drop(tracer, c->last);
    free(c);
}

/* Whose close ends it: the process that works on it. One that accepted, handed it to a child and
 * closes its own copy does not; nor does a child that closes what it merely inherited. Where nobody
 * has worked on it yet, a child still may. */
void conversation_closed(struct tracer *tracer, uint32_t pid, uint64_t cookie, uint64_t time)
{
    struct conversation *c = find(tracer, cookie);
    if (!c)
        return;
    if (c->worked_by == pid)
        end_conversation(tracer, c, time, false);
    else if (!c->worked_by)
        c->closed_unused = time;
}

void conversations_end_silent(struct tracer *tracer, uint64_t before)
{
    struct conversation *c, *next;
    HASH_ITER(hh, tracer->conversations, c, next)
    {
        if (!c->protocol || !c->protocol->silence_ends || c->opaque || !c->exchanges ||
            c->last_sent <= c->exchanges->transaction->start || c->last_sent >= before)
            continue;
        struct turn turn = {
            .tracer = tracer, .conversation = c, .begin = c->last_sent, .end = c->last_sent};
        struct protocol_listener listener = exchanges_listener(&turn);
        c->protocol->finish(c->state, &listener);
    }
}

void conversations_forget_unused(struct tracer *tracer, uint64_t before)
{
    struct conversation *c, *next;
    HASH_ITER(hh, tracer->conversations, c, next)
    if (!c->worked_by && c->closed_unused && c->closed_unused < before)
        end_conversation(tracer, c, before, false);
}

void conversations_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time)
{
    struct conversation *c, *next;
    bool killed = !process_of(tracer, pid)->exited;
    HASH_ITER(hh, tracer->conversations, c, next)
    if (c->worked_by == pid || (!c->worked_by && c->accepted_by == pid))
        end_conversation(tracer, c, time, killed);
}

void conversations_end_all(struct tracer *tracer, uint64_t time)
{
    while (tracer->conversations)
        end_conversation(tracer, tracer->conversations, time, false);
}
