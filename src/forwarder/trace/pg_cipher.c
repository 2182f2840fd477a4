#include "trace/pg_cipher.h"

/* The server tells more than ten settings to a new session, 400 bytes and more; but less than this
 * in each answer before. (TLS 1.3's tickets are among these.) */
enum { SESSION_ANSWER = 320, TURNS_BEFORE = 2, TLS_HANDSHAKE = 22 };

static void take_question(struct pg_cipher *cipher, const struct rec_run *r, uint64_t stack_id)
{
    if (cipher->answering || !cipher->turns) {
        cipher->turns++;
        cipher->asked = r->head.time;
        cipher->stack_id = stack_id;
    }
    cipher->answering = false;
    cipher->sent += r->total;
}

static void begin_call(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    struct pg_cipher *cipher)
{
    const struct own_span *around = thread_of(tracer, writer)->spans;
    struct live_span *span = span_begin(tracer, writer, pg_channel(c), cipher->asked);
    span->event.name = "postgresql: encrypted";
    span->event.action = "query";
    span->event.parent_id = around ? around->span->event.id : 0;
    span->stack_id = cipher->stack_id;
    pg_describe(span, c);
    cipher->call = span;
    work_resumed(tracer, thread_of(tracer, writer), span);
}

static void take_answer(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    struct pg_cipher *cipher, const struct rec_run *r)
{
    const uint8_t *first = (const uint8_t *)(r + 1);
    if (!cipher->answering) {
        cipher->answer = 0;
        cipher->handshakes = r->head_len && first[0] == TLS_HANDSHAKE;
        if (cipher->has_session && cipher->turns)
            begin_call(tracer, writer, c, cipher);
    }
    cipher->answering = true;
    cipher->answer += r->total;
    cipher->answered = r->head.time;
    cipher->received += r->total;
}

bool pg_cipher_answered(struct tracer *tracer, struct pg_cipher *cipher)
{
    if (cipher->call)
        span_end(tracer, cipher->call, cipher->answered);
    cipher->call = NULL;
    if (cipher->has_session || !cipher->answering || cipher->handshakes ||
        cipher->turns < TURNS_BEFORE || cipher->answer < SESSION_ANSWER)
        return false;
    cipher->has_session = true;
    return true;
}

void pg_cipher_run(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    struct pg_cipher *cipher, const struct rec_run *run, uint64_t stack_id)
{
    if (run->head.type == REC_SEND)
        take_question(cipher, run, stack_id);
    else
        take_answer(tracer, writer, c, cipher, run);
}

void pg_cipher_label(struct live_span *span, const struct pg_cipher *cipher)
{
    span_label_number(span, "bytes_sent", (double)cipher->sent);
    span_label_number(span, "bytes_received", (double)cipher->received);
}
