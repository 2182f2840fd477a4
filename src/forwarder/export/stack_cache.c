#include "export/stack_cache.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "export/json.h"

enum {
    SLOTS = 4096, /* a power of two; two stacks in one slot displace each other */
    BYTES_MAX = 16 << 20,
};

struct slot {
    const struct stacktrace *stack;
    char *json;
    size_t len;
};

struct stack_cache {
    struct slot slots[SLOTS];
    size_t bytes;
};

struct stack_cache *stack_cache_new(void)
{
    return xcalloc(1, sizeof(struct stack_cache));
}

static void add_lines(struct buf *b, const char *key, const char *const *lines, size_t count)
{
    size_t at = json_array(b, key);
    for (size_t i = 0; i < count; i++)
        json_string(b, NULL, lines[i], JSON_LONG);
    json_end(b, at);
}

static void add_frame(struct buf *b, const struct frame *frame)
{
    size_t at = json_object(b, NULL);
    json_string(b, "filename", frame->filename ? frame->filename : "", JSON_KEYWORD);
    if (frame->lineno > 0)
        json_integer(b, "lineno", frame->lineno);
    json_string(b, "function", frame->function, JSON_KEYWORD);
    json_string(b, "module", frame->module, JSON_KEYWORD);
    json_string(b, "abs_path", frame->abs_path, JSON_KEYWORD);
    json_bool(b, "library_frame", frame->library_frame);
    if (frame->context_line) {
        json_string(b, "context_line", frame->context_line, JSON_LONG);
        add_lines(b, "pre_context", frame->pre_context, frame->pre_count);
        add_lines(b, "post_context", frame->post_context, frame->post_count);
    }
    json_end(b, at);
}

static void add_frames(struct buf *b, const struct stacktrace *stack)
{
    size_t at = json_array(b, NULL);
    for (size_t i = 0; i < stack->count; i++)
        add_frame(b, &stack->frames[i]);
    json_end_kept(b, at);
}

static struct slot *slot_of(struct stack_cache *cache, const struct stacktrace *stack)
{
    /* Fibonacci hashing spreads addresses of equal alignment. */
    uint64_t hash = (uint64_t)(uintptr_t)stack * UINT64_C(0x9e3779b97f4a7c15);
    return &cache->slots[hash >> 52];
}

static void forget(struct stack_cache *cache, struct slot *slot)
{
    free(slot->json);
    cache->bytes -= slot->len;
    *slot = (struct slot){0};
}

static void forget_all(struct stack_cache *cache)
{
    for (size_t i = 0; i < SLOTS; i++)
        forget(cache, &cache->slots[i]);
}

static void fill(struct stack_cache *cache, struct slot *slot, const struct stacktrace *stack)
{
    struct buf json = {0};
    forget(cache, slot);
    if (cache->bytes > BYTES_MAX)
        forget_all(cache);
    add_frames(&json, stack);
    slot->stack = stack;
    slot->len = json.len;
    slot->json = buf_take(&json);
    cache->bytes += slot->len;
}

void stack_cache_add(struct stack_cache *cache, struct buf *b, const struct stacktrace *stack)
{
    if (!cache) {
        add_frames(b, stack);
        return;
    }
    struct slot *slot = slot_of(cache, stack);
    if (slot->stack != stack)
        fill(cache, slot, stack);
    json_raw(b, NULL, slot->json, slot->len);
}

void stack_cache_free(struct stack_cache *cache)
{
    if (cache)
        forget_all(cache);
    free(cache);
}
