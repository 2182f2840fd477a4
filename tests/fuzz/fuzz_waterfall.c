/* Any trace: what is made of it for a terminal is harmless and no wider than asked for.
 *
 * The input is taken from its front: bytes for the look and the numbers of spans and errors, then
 * the events' members one after the other, a text being its length and as many bytes. */
#include <stdlib.h>

#include "../unit/terminal_text.h"
#include "base/arena.h"
#include "export/waterfall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SPANS_MAX = 8, ERRORS_MAX = 4 };

struct input {
    struct arena arena;
    const uint8_t *data;
    size_t size;
};

static uint8_t take_byte(struct input *in)
{
    if (!in->size)
        return 0;
    in->size--;
    return *in->data++;
}

/* Small ones, great ones and those in between. */
static uint64_t take_number(struct input *in)
{
    uint8_t shift = take_byte(in);
    uint64_t number = (uint64_t)take_byte(in) << 8 | take_byte(in);
    return shift == 255 ? UINT64_MAX : number << shift % 49;
}

static const char *take_text(struct input *in)
{
    size_t len = take_byte(in);
    if (len == 255)
        return NULL;
    if (len > 240)
        len *= 16;
    if (len > in->size)
        len = in->size;
    const char *text = arena_bytes(&in->arena, (struct bytes){(const char *)in->data, len});
    in->data += len;
    in->size -= len;
    return text;
}

static struct labels take_labels(struct input *in)
{
    if (!(take_byte(in) & 1))
        return (struct labels){0, NULL};
    struct label *label = arena_alloc(&in->arena, sizeof *label);
    const char *key = take_text(in);
    *label = (struct label){key ? key : "", take_byte(in) % 3, take_text(in), 1.5};
    return (struct labels){1, label};
}

static const struct http_context *take_http(struct input *in)
{
    struct http_context *http = arena_alloc(&in->arena, sizeof *http);
    *http = (struct http_context){.status = (int)take_number(in),
        .full_url = take_text(in),
        .path = take_text(in),
        .remote_address = take_text(in)};
    return take_byte(in) & 1 ? http : NULL;
}

static const struct stacktrace *take_stack(struct input *in)
{
    struct stacktrace *stack = arena_alloc(&in->arena, sizeof *stack);
    size_t count = take_byte(in) % 16;
    struct frame *frames = arena_alloc(&in->arena, (count + 1) * sizeof *frames);
    for (size_t i = 0; i < count; i++) {
        const char *file = take_text(in);
        frames[i] = (struct frame){.filename = file ? file : "",
            .function = take_text(in),
            .lineno = (int)take_number(in),
            .library_frame = take_byte(in) & 1};
    }
    *stack = (struct stacktrace){count, frames};
    return count ? stack : NULL;
}

static struct transaction take_transaction(struct input *in)
{
    struct dropped_span_stats *dropped = arena_alloc(&in->arena, sizeof *dropped);
    *dropped = (struct dropped_span_stats){
        .resource = take_text(in), .count = take_number(in), .sum_us = take_number(in)};
    struct transaction t = {.id = take_byte(in),
        .name = take_text(in),
        .type = take_text(in),
        .result = take_text(in),
        .outcome = take_byte(in) % 3,
        .timestamp_us = take_number(in),
        .duration_ns = take_number(in),
        .sampled = take_byte(in) & 1,
        .spans_started = take_byte(in),
        .spans_dropped = take_byte(in),
        .dropped = dropped,
        .http = take_http(in),
        .labels = take_labels(in)};
    t.dropped_count = t.spans_dropped > 0;
    return t;
}

static struct span take_span(struct input *in)
{
    struct db_context *db = arena_alloc(&in->arena, sizeof *db);
    *db =
        (struct db_context){.statement = take_text(in), .rows_affected = (int64_t)take_number(in)};
    return (struct span){.id = take_byte(in) % 16,
        .parent_id = take_byte(in) % 16,
        .name = take_text(in),
        .type = take_byte(in) & 1 ? "db" : take_text(in),
        .subtype = take_text(in),
        .outcome = take_byte(in) % 3,
        .timestamp_us = take_number(in),
        .duration_ns = take_number(in),
        .db = take_byte(in) & 1 ? db : NULL,
        .http = take_http(in),
        .resource = take_text(in),
        .composite_count = (unsigned)take_number(in),
        .composite_sum_ns = take_number(in),
        .stack = take_stack(in),
        .labels = take_labels(in)};
}

static struct error take_error(struct input *in)
{
    return (struct error){.parent_id = take_byte(in) % 16,
        .exception_code = take_text(in),
        .exception_type = take_text(in),
        .exception_message = take_text(in)};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.data = data, .size = size};
    struct look look = {.width = take_byte(&in), .color = take_byte(&in) & 1};
    struct span spans[SPANS_MAX];
    struct error errors[ERRORS_MAX];
    struct whole_trace trace = {.spans = spans,
        .span_count = take_byte(&in) % (SPANS_MAX + 1),
        .errors = errors,
        .error_count = take_byte(&in) % (ERRORS_MAX + 1),
        .late = take_byte(&in) & 1};
    struct transaction transaction = take_transaction(&in);
    struct buf text = {0};
    trace.transaction = &transaction;
    for (size_t i = 0; i < trace.span_count; i++)
        spans[i] = take_span(&in);
    for (size_t i = 0; i < trace.error_count; i++)
        errors[i] = take_error(&in);
    waterfall(&text, &trace, take_text(&in), &look);
    if (terminal_text_problem(&text, look_width(&look), look.color))
        abort();
    buf_free(&text);
    arena_free(&in.arena);
    return 0;
}
