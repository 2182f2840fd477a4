/* Unwinding and the table of stacks that the forwarder already knows. */
#include "stack.h"

#include <stdatomic.h>
#include <string.h>

#include "elf.h"
#include "hash.h"
#include "interpreter.h"
#include "modules.h"
#include "recorder.h"
#include "unwind.h"

enum {
    SEEN = 4096, /* stack ids remembered, direct-mapped: 32 KB */
    OWN_FRAMES_MAX = 4,
};

static _Atomic uint32_t left_out; /* stacks that nobody wanted */
static _Atomic uint32_t epoch;
static uint64_t seen[SEEN];
static uintptr_t own_start, own_end;

void stack_started(void)
{
    struct elf_object own;
    if (elf_object_of((const void *)(uintptr_t)stack_started, &own)) {
        own_start = own.start;
        own_end = own.end;
    }
    unwind_init();
}

void stack_forked(void)
{
    interpreter_forked();
}

void stack_modules_changed(void)
{
    atomic_fetch_add_explicit(&epoch, 1, memory_order_relaxed);
    atomic_store_explicit(&left_out, 0, memory_order_relaxed);
    unwind_forget();
    modules_forget();
    interpreter_forget();
}

/* Ids differ between module maps and readers, so that a new one is told every stack again. */
static uint64_t identify(const struct native_stack *native, const struct code_stack *code)
{
    uint64_t generation =
        atomic_load_explicit(&recorder_ring()->reader_generation, memory_order_relaxed);
    uint64_t hash = hash_mix(
        modules_map_id(), generation << 32 | atomic_load_explicit(&epoch, memory_order_relaxed));
    for (unsigned i = 0; i < native->count; i++)
        hash = hash_mix(hash, (uintptr_t)native->addresses[i]);
    hash = hash_mix(hash, code->hash);
    return hash ? hash : 1;
}

/* The interpreter's frames are written where they belong at once. Its id, 0: there is no room. */
static uint64_t write_stack(const struct native_stack *native, unsigned limit)
{
    size_t native_size = native->count * sizeof(uint64_t);
    size_t code_size = native->stacks ? limit * sizeof(struct rec_code_frame) : 0;
    struct rec_stack *r =
        recorder_begin(REC_STACK, sizeof *r + native_size + code_size, recorder_now());
    if (!r)
        return 0;
    memcpy(r + 1, native->addresses, native_size);
    struct code_stack code = {.frames = (void *)((char *)(r + 1) + native_size)};
    if (code_size)
        interpreter_walk(native, limit, &code);
    r->stack_id = identify(native, &code);
    r->map_id = modules_map_id();
    r->native_count = native->count;
    r->code_count = code.count;
    r->head.size =
        (uint32_t)record_round(sizeof *r + native_size + code.count * sizeof *code.frames);
    recorder_commit(r);
    return r->stack_id;
}

static unsigned skip_own(void *const *addresses, unsigned count)
{
    unsigned own = 0;
    while (own < count && (uintptr_t)addresses[own] - own_start < own_end - own_start)
        own++;
    return own;
}

static __attribute__((noinline)) uint64_t tell_new(
    const struct native_stack *native, unsigned limit)
{
    struct code_stack code = {.tell = true};
    if (!modules_tell())
        return 0;
    interpreter_look();
    if (native->stacks)
        interpreter_walk(native, limit, &code);
    if (code.untold)
        return 0;
    uint64_t id = write_stack(native, limit);
    if (id)
        seen[id % SEEN] = id;
    return id;
}

/* Tells the stack if it is new. 0: it could not be told. */
static uint64_t tell(const struct native_stack *native, unsigned limit)
{
    struct code_stack code = {0};
    if (native->stacks)
        interpreter_walk(native, limit, &code);
    uint64_t id = identify(native, &code);
    return likely(seen[id % SEEN] == id) ? id : tell_new(native, limit);
}

/* `most` native frames of our callers. */
static uint64_t tell_callers(struct native_stack *native, unsigned most, unsigned limit)
{
    unsigned own = skip_own(native->addresses, native->count);
    native->addresses += own;
    native->count = native->count - own < most ? native->count - own : most;
    if (native->stacks)
        native->stacks += own;
    return native->count ? tell(native, limit) : 0;
}

static __attribute__((noinline)) uint64_t capture_native(unsigned limit)
{
    void *addresses[STACK_FRAMES_MAX + OWN_FRAMES_MAX];
    struct native_stack native = {.addresses = addresses};
    native.count = unwind(addresses, NULL, 0, limit + OWN_FRAMES_MAX);
    return tell_callers(&native, limit, limit);
}

/* An interpreter's frames are placed among the native ones, however many of these are wanted. */
static __attribute__((noinline)) uint64_t capture_placed(unsigned limit)
{
    void *addresses[STACK_FRAMES_MAX + OWN_FRAMES_MAX];
    frame_place stacks[STACK_FRAMES_MAX + OWN_FRAMES_MAX + 1];
    struct native_stack native = {
        .addresses = addresses, .stacks = stacks, .base = (uintptr_t)addresses};
    native.count = unwind(addresses, stacks, native.base, STACK_FRAMES_MAX + OWN_FRAMES_MAX);
    return tell_callers(&native, STACK_FRAMES_MAX, limit);
}

static uint64_t capture(unsigned limit)
{
    if (interpreter_known())
        return capture_placed(limit);
    uint64_t id = capture_native(limit);
    return unlikely(interpreter_known()) ? capture_placed(limit) : id; /* it was found just now */
}

/* Its tasks are told with stacks and without. It may be loaded later: looked for ever more seldom.
 */
static void look_for_interpreter(void)
{
    uint32_t before = atomic_fetch_add_explicit(&left_out, 1, memory_order_relaxed);
    if (interpreter_known() || before & (before - 1))
        return;
    if (modules_tell())
        interpreter_look();
}

uint64_t stack_capture(void)
{
    uint32_t limit = atomic_load_explicit(&recorder_ring()->stack_limit, memory_order_relaxed);
    if (limit)
        return capture(limit < STACK_FRAMES_MAX ? limit : STACK_FRAMES_MAX);
    look_for_interpreter();
    return 0;
}
