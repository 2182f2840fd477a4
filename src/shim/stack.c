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

enum { SEEN = 4096 }; /* stack ids remembered, direct-mapped: 32 KB */

static _Atomic uint32_t in_loader; /* threads that may hold a lock of the loader */
static bool loader_stuck;
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
    /* Another thread asked the loader at the fork: its lock may be held for ever in this child. */
    if (atomic_load_explicit(&in_loader, memory_order_relaxed) > 0)
        loader_stuck = true;
}

void stack_modules_changed(void)
{
    atomic_fetch_add_explicit(&epoch, 1, memory_order_relaxed);
    atomic_store_explicit(&left_out, 0, memory_order_relaxed);
    unwind_forget();
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
    for (unsigned i = 0; i < code->count; i++) {
        const struct rec_code_frame *frame = &code->frames[i];
        hash = hash_mix(hash, frame->code_id);
        hash = hash_mix(hash, (uint64_t)frame->position << 32 | frame->native_index);
    }
    return hash ? hash : 1;
}

static bool write_stack(
    uint64_t id, const struct native_stack *native, const struct code_stack *code)
{
    size_t native_size = native->count * sizeof(uint64_t);
    size_t code_size = code->count * sizeof *code->frames;
    struct rec_stack *r =
        recorder_begin(REC_STACK, sizeof *r + native_size + code_size, recorder_now());
    if (!r)
        return false;
    r->stack_id = id;
    r->map_id = modules_map_id();
    r->native_count = native->count;
    r->code_count = code->count;
    memcpy(r + 1, native->addresses, native_size);
    memcpy((char *)(r + 1) + native_size, code->frames, code_size);
    recorder_commit(r);
    return true;
}

static unsigned skip_own(void *const *addresses, unsigned count)
{
    unsigned own = 0;
    while (own < count && (uintptr_t)addresses[own] - own_start < own_end - own_start)
        own++;
    return own;
}

/* Tells the stack if it is new. 0: it could not be told. */
static uint64_t tell(const struct native_stack *native, unsigned limit)
{
    struct code_stack code;
    interpreter_walk(native, limit, &code);
    uint64_t id = identify(native, &code);
    if (likely(seen[id % SEEN] == id))
        return id;
    modules_tell();
    if (interpreter_look())
        interpreter_walk(native, limit, &code);
    id = identify(native, &code);
    if (!interpreter_tell(&code) || !write_stack(id, native, &code))
        return 0;
    seen[id % SEEN] = id;
    return id;
}

static uint64_t capture(uint32_t limit)
{
    void *addresses[STACK_FRAMES_MAX + 8];
    uintptr_t stacks[STACK_FRAMES_MAX + 9];
    /* An interpreter's frames are placed among the native ones, however many of these are wanted.
     */
    unsigned most = interpreter_known() ? STACK_FRAMES_MAX : limit;
    unsigned count = unwind(addresses, stacks, most + 8);
    unsigned own = skip_own(addresses, count);
    const struct native_stack native = {
        .count = count - own < most ? count - own : most,
        .addresses = addresses + own,
        .stacks = stacks + own,
    };
    return native.count ? tell(&native, limit) : 0;
}

/* Its tasks are told with stacks and without. It may be loaded later: looked for ever more seldom.
 */
static void look_for_interpreter(void)
{
    uint32_t before = atomic_fetch_add_explicit(&left_out, 1, memory_order_relaxed);
    if (interpreter_known() || before & (before - 1))
        return;
    modules_tell();
    interpreter_look();
}

uint64_t stack_capture(void)
{
    uint32_t limit = atomic_load_explicit(&recorder_ring()->stack_limit, memory_order_relaxed);
    uint64_t id = 0;
    if (loader_stuck)
        return 0;
    atomic_fetch_add_explicit(&in_loader, 1, memory_order_relaxed);
    if (limit)
        id = capture(limit < STACK_FRAMES_MAX ? limit : STACK_FRAMES_MAX);
    else
        look_for_interpreter();
    atomic_fetch_sub_explicit(&in_loader, 1, memory_order_relaxed);
    return id;
}
