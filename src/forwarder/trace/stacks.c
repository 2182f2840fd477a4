/* Stacks by id: addresses as they came, frames from the first time somebody asks. */
#include "trace/state.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "log.h"
#include "trace/framework.h"
#include "trace/maps.h"
#include "trace/views.h"

enum {
    STACKS_MAX = 65536, /* kept; further ones are not */
    FRAMES_MAX = 256,   /* of one stack, inlined calls included */
};

void stack_record(struct tracer *tracer, uint32_t pid, const struct rec_stack *record)
{
    struct process *process = process_of(tracer, pid);
    struct stack *stack;
    HASH_FIND(hh, tracer->stacks, &record->stack_id, sizeof record->stack_id, stack);
    if (!map_used(tracer, process, record->map_id) || stack)
        return;
    if (HASH_COUNT(tracer->stacks) >= STACKS_MAX) {
        if (!tracer->stacks_refused++)
            log_warning("more than %d different stacks: further ones are not shown", STACKS_MAX);
        return;
    }
    stack = xcalloc(1, sizeof *stack);
    stack->id = record->stack_id;
    stack->map_id = record->map_id;
    stack->count = record->native_count;
    stack->addresses = xmalloc(stack->count * sizeof *stack->addresses);
    memcpy(stack->addresses, record + 1, stack->count * sizeof *stack->addresses);
    stack->code_count = record->code_count;
    stack->code = xmalloc(stack->code_count * sizeof *stack->code);
    memcpy(stack->code, (const uint64_t *)(record + 1) + stack->count,
        stack->code_count * sizeof *stack->code);
    stack->roots = process->roots;
    HASH_ADD(hh, tracer->stacks, id, sizeof stack->id, stack);
}

/* Without /proc only what it was called as is known. */
static const char *program_path(const struct process *process)
{
    if (process->exe && *process->exe)
        return process->exe;
    return process->argv ? process->argv : "";
}

void modules_record(struct tracer *tracer, uint32_t pid, const struct rec_modules *record)
{
    const char *at = (const char *)(record + 1), *end = (const char *)record + record->head.size;
    struct process *process = process_of(tracer, pid);
    if (!map_used(tracer, process, record->map_id))
        return;
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
            .path = entry.is_main && !*copy ? program_path(process) : copy,
            .build_id = (const uint8_t *)path + entry.path_len,
            .build_id_len = entry.build_id_len,
            .main_program = entry.is_main,
        };
        symbolizer_add_module(tracer->symbolizer, record->map_id, &module);
        free(copy);
        at += entry.size;
    }
}

static struct frame code_frame(struct tracer *tracer, const struct stack *stack, unsigned index)
{
    struct frame frame;
    if (!code_table_frame(tracer->code, &stack->code[index], &stack->roots, &frame))
        frame = (struct frame){.function = "[unknown]", .filename = "[unknown]"};
    return frame;
}

/* Native frames beside the interpreter's: of the interpreter itself none; those that lead to it are
 * shown if they are the service's own, as where a program embeds it. */
static bool is_shown(const struct frame *frame, const struct stack *stack, unsigned code_done)
{
    if (!stack->code_count)
        return true;
    if (symbolizer_is_interpreter(frame))
        return false;
    return code_done < stack->code_count || !frame->library_frame;
}

static bool is_nameless(const struct frame *frame)
{
    size_t len = frame->module ? strlen(frame->module) : 0;
    return len && strncmp(frame->function, frame->module, len) == 0 && frame->function[len] == '+';
}

/* Of a stripped extension module one frame is enough, the one that the interpreter called. */
static bool continues(const struct frame *frame, const struct frame *before)
{
    return is_nameless(frame) && is_nameless(before) && frame->module == before->module;
}

/* Each of the interpreter's frames goes where the native frame of its loop was. */
static size_t merge(struct tracer *tracer, const struct stack *stack, const struct frame *native,
    const uint32_t *indices, size_t native_count, struct frame *frames, size_t max)
{
    size_t count = 0;
    unsigned done = 0;
    for (size_t i = 0; i <= native_count && count < max; i++) {
        bool is_end = i == native_count;
        while (done < stack->code_count && count < max &&
               (is_end || stack->code[done].native_index <= indices[i]))
            frames[count++] = code_frame(tracer, stack, done++);
        if (is_end || count == max || !is_shown(&native[i], stack, done))
            continue;
        if (count && stack->code_count && continues(&native[i], &frames[count - 1]))
            count--;
        frames[count++] = native[i];
    }
    return count;
}

static void resolve(struct tracer *tracer, struct stack *stack)
{
    struct frame *frames = xmalloc(sizeof *frames * 2 * FRAMES_MAX), *native = frames + FRAMES_MAX;
    uint32_t indices[FRAMES_MAX];
    int limit = (int)tracer->options->stack_trace_limit;
    size_t max = limit < 0 || limit > FRAMES_MAX ? FRAMES_MAX : (size_t)limit;
    size_t native_count = symbolizer_resolve(tracer->symbolizer, stack->map_id, stack->addresses,
        stack->count, native, indices, stack->code_count ? FRAMES_MAX : max);
    size_t count = merge(tracer, stack, native, indices, native_count, frames, max);
    for (size_t i = 0; i < count; i++)
        if (!frames[i].library_frame)
            source_add(tracer->sources, &frames[i], (unsigned)tracer->options->source_lines);
    stack->trace = (struct stacktrace){
        .count = count, .frames = xrealloc(frames, (count ? count : 1) * sizeof *frames)};
    free(stack->addresses);
    stack->addresses = NULL;
}

static struct stack *find_stack(struct tracer *tracer, uint64_t stack_id)
{
    struct stack *stack = NULL;
    if (stack_id)
        HASH_FIND(hh, tracer->stacks, &stack_id, sizeof stack_id, stack);
    return stack;
}

const struct stacktrace *stack_of(struct tracer *tracer, uint64_t stack_id)
{
    struct stack *stack = find_stack(tracer, stack_id);
    if (!stack)
        return NULL;
    if (stack->addresses)
        resolve(tracer, stack);
    return stack->trace.count ? &stack->trace : NULL;
}

/* The first that is seen is the service's. */
static void learn_framework(struct tracer *tracer, const struct frame *frames, size_t count)
{
    const struct frame *frame;
    if (tracer->framework.name)
        return;
    tracer->framework.name = framework_among(frames, count, &frame);
    if (!tracer->framework.name)
        return;
    char *version = framework_version(frame, tracer->framework.name);
    tracer->framework.version = code_table_keep(tracer->code, version);
    free(version);
}

static const char *find_view(struct tracer *tracer, const struct stack *stack)
{
    struct frame frames[FRAMES_MAX];
    unsigned count = stack->code_count < FRAMES_MAX ? stack->code_count : FRAMES_MAX;
    for (unsigned i = 0; i < count; i++)
        frames[i] = code_frame(tracer, stack, i);
    learn_framework(tracer, frames, count);
    const struct frame *view = view_among(frames, count);
    char *name = view ? view_name(view) : NULL;
    const char *kept = code_table_keep(tracer->code, name);
    free(name);
    return kept;
}

const char *stack_view(struct tracer *tracer, uint64_t stack_id)
{
    struct stack *stack = find_stack(tracer, stack_id);
    if (!stack || !stack->code_count)
        return NULL;
    if (!stack->view_known)
        stack->view = find_view(tracer, stack);
    stack->view_known = true;
    return stack->view;
}

static void forget(struct tracer *tracer, struct stack *stack)
{
    HASH_DEL(tracer->stacks, stack);
    free(stack->addresses);
    free(stack->code);
    free((void *)(uintptr_t)stack->trace.frames);
    free(stack);
}

void stacks_forget_unmapped(struct tracer *tracer)
{
    struct stack *stack, *next;
    HASH_ITER(hh, tracer->stacks, stack, next)
    {
        if (!map_known(tracer, stack->map_id))
            forget(tracer, stack);
    }
}

void stacks_free(struct tracer *tracer)
{
    if (tracer->stacks_refused)
        log_warning("%llu stacks were refused", (unsigned long long)tracer->stacks_refused);
    while (tracer->stacks)
        forget(tracer, tracer->stacks);
}
