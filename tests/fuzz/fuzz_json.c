/* Events made of any strings and numbers: what is sent stays JSON, UTF-8, and within bounds. */
#include "base/arena.h"
#include "events.h"

struct maker {
    struct input input;
    struct arena arena;
};

static const char *text(struct maker *m)
{
    uint8_t kind = input_byte(&m->input);
    if (kind == 0)
        return NULL;
    struct bytes piece = input_bytes(&m->input, kind % 64);
    if (kind < 192)
        return arena_bytes(&m->arena, piece);
    struct buf repeated = {0}; /* as long as the limits */
    for (size_t i = 0; piece.len && repeated.len < (size_t)(kind - 191) * 1024; i++)
        buf_add(&repeated, piece.data, piece.len);
    const char *copy = arena_bytes(&m->arena, (struct bytes){repeated.data, repeated.len});
    buf_free(&repeated);
    return copy;
}

/* Where the model allows no NULL. */
static const char *some_text(struct maker *m)
{
    const char *s = text(m);
    return s ? s : "";
}

static double real(struct maker *m)
{
    uint64_t bits = input_number(&m->input);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static struct headers headers(struct maker *m)
{
    size_t count = input_byte(&m->input) % 8;
    struct header *items = arena_alloc(&m->arena, sizeof *items * (count + 1));
    for (size_t i = 0; i < count; i++)
        items[i] = (struct header){some_text(m), some_text(m)};
    return (struct headers){count, items};
}

static struct labels labels(struct maker *m)
{
    size_t count = input_byte(&m->input) % 4;
    struct label *items = arena_alloc(&m->arena, sizeof *items * (count + 1));
    for (size_t i = 0; i < count; i++)
        items[i] = (struct label){some_text(m), input_byte(&m->input) % 3, text(m), real(m)};
    return (struct labels){count, items};
}

static struct http_context *http(struct maker *m)
{
    struct http_context *http = arena_alloc(&m->arena, sizeof *http);
    *http = (struct http_context){text(m), text(m), text(m), text(m), (int)input_number(&m->input),
        text(m), text(m), text(m), headers(m), headers(m), headers(m), (int)input_number(&m->input),
        text(m)};
    return http;
}

static struct stacktrace *stack(struct maker *m)
{
    struct stacktrace *stack = arena_alloc(&m->arena, sizeof *stack);
    size_t count = input_byte(&m->input) % 8;
    struct frame *frames = arena_alloc(&m->arena, sizeof *frames * (count + 1));
    const char **lines = arena_alloc(&m->arena, sizeof *lines * 2);
    lines[0] = some_text(m);
    lines[1] = some_text(m);
    for (size_t i = 0; i < count; i++)
        frames[i] = (struct frame){
            .function = text(m),
            .filename = some_text(m),
            .abs_path = text(m),
            .module = text(m),
            .lineno = (int)input_number(&m->input),
            .library_frame = input_byte(&m->input) & 1,
            .context_line = text(m),
            .pre_context = lines,
            .post_context = lines + 1,
            .pre_count = input_byte(&m->input) % 3,
            .post_count = input_byte(&m->input) % 2,
        };
    *stack = (struct stacktrace){count, frames};
    return stack;
}

static void transaction(struct maker *m, struct buf *b)
{
    struct dropped_span_stats dropped = {text(m), text(m), text(m), input_byte(&m->input) % 3,
        input_number(&m->input), input_number(&m->input)};
    struct transaction t = {.id = input_number(&m->input),
        .parent_id = input_number(&m->input),
        .name = text(m),
        .type = some_text(m),
        .result = text(m),
        .outcome = input_byte(&m->input) % 3,
        .timestamp_us = input_number(&m->input),
        .duration_ns = input_number(&m->input),
        .sampled = input_byte(&m->input) & 1,
        .sample_rate = real(m),
        .spans_started = input_byte(&m->input),
        .spans_dropped = input_byte(&m->input),
        .dropped = &dropped,
        .dropped_count = input_byte(&m->input) & 1,
        .http = input_byte(&m->input) & 1 ? http(m) : NULL,
        .labels = labels(m)};
    if (intake_encode_transaction(b, &t))
        require_line(b, 0);
}

static void span(struct maker *m, struct buf *b, struct stack_cache *cache)
{
    struct db_context db = {text(m), text(m), text(m), text(m), (int64_t)input_number(&m->input)};
    struct span s = {.id = input_number(&m->input),
        .name = some_text(m),
        .type = some_text(m),
        .subtype = text(m),
        .action = text(m),
        .outcome = input_byte(&m->input) % 3,
        .timestamp_us = input_number(&m->input),
        .duration_ns = input_number(&m->input),
        .sample_rate = real(m),
        .sync = input_byte(&m->input) % 3 - 1,
        .db = &db,
        .http = input_byte(&m->input) & 1 ? http(m) : NULL,
        .destination_address = text(m),
        .destination_port = (int)input_number(&m->input),
        .target_type = text(m),
        .target_name = text(m),
        .resource = text(m),
        .stack = input_byte(&m->input) & 1 ? stack(m) : NULL,
        .compression = input_byte(&m->input) % 3,
        .composite_count = input_byte(&m->input),
        .composite_sum_ns = input_number(&m->input),
        .labels = labels(m)};
    if (intake_encode_span(b, &s, cache))
        require_line(b, 0);
}

static void error(struct maker *m, struct buf *b, struct stack_cache *cache)
{
    struct error e = {.transaction_id = input_number(&m->input),
        .parent_id = input_number(&m->input),
        .timestamp_us = input_number(&m->input),
        .exception_type = text(m),
        .exception_message = text(m),
        .exception_code = text(m),
        .exception_module = text(m),
        .culprit = text(m),
        .stack = input_byte(&m->input) & 1 ? stack(m) : NULL,
        .transaction_name = text(m),
        .transaction_type = text(m),
        .labels = labels(m)};
    if (intake_encode_error(b, &e, cache))
        require_line(b, 0);
}

static void metricset(struct maker *m, struct buf *b)
{
    struct sample samples[] = {{some_text(m), real(m)}, {"cpu", real(m)}};
    struct metricset set = {.timestamp_us = input_number(&m->input),
        .count = 1 + (input_byte(&m->input) & 1),
        .samples = samples,
        .labels = labels(m),
        .transaction_name = text(m),
        .transaction_type = text(m),
        .span_type = text(m),
        .span_subtype = text(m)};
    if (intake_encode_metricset(b, &set))
        require_line(b, 0);
}

static void metadata(struct maker *m, struct buf *b)
{
    const char *argv[] = {some_text(m), some_text(m)};
    struct metadata data = {.service_name = some_text(m),
        .service_version = text(m),
        .environment = text(m),
        .agent_version = text(m),
        .language_name = text(m),
        .pid = (int)input_number(&m->input),
        .title = text(m),
        .argv = argv,
        .argc = 2,
        .detected_hostname = text(m),
        .container_id = text(m),
        .kubernetes_pod = text(m),
        .global_labels = labels(m)};
    intake_encode_metadata(b, &data);
    require_line(b, 0);
    intake_user_agent(b, &data);
    for (size_t i = 0; i < b->len; i++)
        require(b->data[i] >= ' ' && b->data[i] <= '~');
    buf_clear(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct maker m = {.input = {data, size}};
    struct buf b = {0};
    struct stack_cache *cache = stack_cache_new();
    while (m.input.size) {
        switch (input_byte(&m.input) % 5) {
        case 0:
            transaction(&m, &b);
            break;
        case 1:
            span(&m, &b, cache);
            break;
        case 2:
            error(&m, &b, cache);
            break;
        case 3:
            metricset(&m, &b);
            break;
        default:
            metadata(&m, &b);
        }
        require(b.len == 0);
    }
    stack_cache_free(cache);
    arena_free(&m.arena);
    buf_free(&b);
    return 0;
}
