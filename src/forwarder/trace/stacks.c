/* Stacks by id: addresses as they came, frames from the first time somebody asks. */
#include "trace/state.h"

#include <stdlib.h>

#include "base/alloc.h"

enum {
    STACKS_MAX = 65536, /* kept; further ones are not */
    FRAMES_MAX = 256,   /* of one stack, inlined calls included */
};

void stack_record(struct tracer *tracer, const struct rec_stack *record)
{
    struct stack *stack;
    HASH_FIND(hh, tracer->stacks, &record->stack_id, sizeof record->stack_id, stack);
    if (stack || HASH_COUNT(tracer->stacks) >= STACKS_MAX)
        return;
    stack = xcalloc(1, sizeof *stack);
    stack->id = record->stack_id;
    stack->map_id = record->map_id;
    stack->count = record->native_count;
    stack->addresses = xmalloc(stack->count * sizeof *stack->addresses);
    memcpy(stack->addresses, record + 1, stack->count * sizeof *stack->addresses);
    HASH_ADD(hh, tracer->stacks, id, sizeof stack->id, stack);
}

void modules_record(struct tracer *tracer, uint32_t pid, const struct rec_modules *record)
{
    const char *at = (const char *)(record + 1), *end = (const char *)record + record->head.size;
    const struct process *process = process_of(tracer, pid);
    while ((size_t)(end - at) >= sizeof(struct rec_module)) {
        struct rec_module entry;
        memcpy(&entry, at, sizeof entry);
        if (entry.size < sizeof entry || entry.size > end - at ||
            sizeof entry + entry.path_len + entry.build_id_len > entry.size)
            return;
        const char *path = at + sizeof entry;
        char *copy = xmemdup0(path, entry.path_len);
        const struct module module = {
            .bias = entry.bias,
            .start = entry.start,
            .end = entry.end,
            .path = entry.is_main && !*copy && process->exe ? process->exe : copy,
            .build_id = (const uint8_t *)path + entry.path_len,
            .build_id_len = entry.build_id_len,
            .main_program = entry.is_main,
        };
        symbolizer_add_module(tracer->symbolizer, record->map_id, &module);
        free(copy);
        at += entry.size;
    }
}

static void resolve(struct tracer *tracer, struct stack *stack)
{
    struct frame *frames = xmalloc(FRAMES_MAX * sizeof *frames);
    int limit = (int)tracer->options->stack_trace_limit;
    size_t max = limit < 0 || limit > FRAMES_MAX ? FRAMES_MAX : (size_t)limit;
    size_t count = symbolizer_resolve(
        tracer->symbolizer, stack->map_id, stack->addresses, stack->count, frames, max);
    stack->trace = (struct stacktrace){
        .count = count, .frames = xrealloc(frames, (count ? count : 1) * sizeof *frames)};
    free(stack->addresses);
    stack->addresses = NULL;
}

const struct stacktrace *stack_of(struct tracer *tracer, uint64_t stack_id)
{
    struct stack *stack;
    if (!stack_id)
        return NULL;
    HASH_FIND(hh, tracer->stacks, &stack_id, sizeof stack_id, stack);
    if (!stack)
        return NULL;
    if (stack->addresses)
        resolve(tracer, stack);
    return stack->trace.count ? &stack->trace : NULL;
}

void stacks_free(struct tracer *tracer)
{
    struct stack *stack;
    while ((stack = tracer->stacks)) {
        HASH_DEL(tracer->stacks, stack);
        free(stack->addresses);
        free((void *)(uintptr_t)stack->trace.frames);
        free(stack);
    }
}
