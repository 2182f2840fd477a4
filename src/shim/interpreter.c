#include "interpreter.h"

#include <stdatomic.h>
#include <stddef.h>

#include "elf.h"
#include "hash.h"
#include "modules.h"
#include "php.h"
#include "python.h"
#include "readable.h"
#include "recorder.h"

enum { CODES = 2048 };

static const struct interpreter *const all[] = {&python_interpreter, &php_interpreter, NULL};

static const struct interpreter *_Atomic known;
static _Atomic uint32_t looking;
static uint64_t looked_at; /* the module map in which there was none */

/* Ids by address, direct-mapped, without a lock: check is fingerprint and id mixed, so that halves
 * of two writers' do not match. */
static struct {
    _Atomic uint64_t check, id;
} codes[CODES];
/* Ids already told, each with the generation of the reader mixed in; direct-mapped. */
static _Atomic uint64_t told[CODES];

bool interpreter_known(void)
{
    return atomic_load_explicit(&known, memory_order_acquire) != NULL;
}

void interpreter_look(void)
{
    uint64_t map = modules_map_id();
    uint32_t nobody = 0;
    if (map == looked_at || interpreter_known() ||
        !atomic_compare_exchange_strong(&looking, &nobody, 1))
        return;
    if (!elf_calm_begin()) {
        atomic_store(&looking, 0);
        return;
    }
    for (const struct interpreter *const *each = all; *each && !interpreter_known(); each++)
        if ((*each)->find())
            atomic_store_explicit(&known, *each, memory_order_release);
    looked_at = map;
    elf_calm_end();
    atomic_store(&looking, 0);
}

void interpreter_forked(void)
{
    atomic_store(&looking, 0);
}

void interpreter_forget(void)
{
    atomic_store_explicit(&known, NULL, memory_order_relaxed);
    looked_at = 0;
    memory_forget();
}

void interpreter_walk(const struct native_stack *native, unsigned limit, struct code_stack *stack)
{
    const struct interpreter *interpreter = atomic_load_explicit(&known, memory_order_acquire);
    stack->count = 0;
    stack->hash = 0;
    if (interpreter && native->count && !interpreter->walk(native, limit, stack))
        stack->count = 0, stack->hash = 0;
}

uint64_t interpreter_task(void)
{
    const struct interpreter *interpreter = atomic_load_explicit(&known, memory_order_acquire);
    return interpreter && interpreter->task ? interpreter->task() : 0;
}

static bool is_loop(const struct placing *p, unsigned at)
{
    return (uintptr_t)p->native->addresses[at] - p->loop_start <= p->loop_length;
}

/* What lies on another stack is taken to be further out. */
static uintptr_t frame_begin(const struct native_stack *n, unsigned at)
{
    if (n->stacks[at] == FRAME_FAR)
        return UINTPTR_MAX;
    return n->base + (uintptr_t)((intptr_t)n->stacks[at] * 8);
}

static bool is_around(const struct placing *p, unsigned at, uintptr_t anchor)
{
    return anchor ? frame_begin(p->native, at + 1) > anchor : is_loop(p, at);
}

bool placing_next(struct placing *p, uintptr_t anchor)
{
    const struct native_stack *n = p->native;
    if (anchor && (anchor < frame_begin(n, 0) || anchor <= p->outer))
        return false;
    for (; p->at < n->count && !is_around(p, p->at, anchor); p->at++)
        if (is_loop(p, p->at))
            return false;
    if (p->loops++ == 0 && p->at + 1 >= n->count)
        return false;
    for (unsigned i = p->placed; p->stack->frames && i < p->stack->count; i++)
        p->stack->frames[i].native_index = p->at;
    p->placed = p->stack->count;
    p->stack->hash = hash_mix(p->stack->hash, (uint64_t)p->placed << 32 | p->at);
    p->outer = anchor;
    p->at += p->at < n->count;
    return true;
}

static size_t slot_of(uint64_t key)
{
    return (key * UINT64_C(0x9e3779b97f4a7c15)) >> 53;
}

uint64_t code_id_known(uintptr_t object, uint64_t fingerprint)
{
    size_t slot = slot_of(object);
    uint64_t id = atomic_load_explicit(&codes[slot].id, memory_order_relaxed);
    uint64_t check = atomic_load_explicit(&codes[slot].check, memory_order_relaxed);
    return (check ^ id) == fingerprint ? id : 0;
}

void code_id_remember(uintptr_t object, uint64_t fingerprint, uint64_t id)
{
    size_t slot = slot_of(object);
    atomic_store_explicit(&codes[slot].id, id, memory_order_relaxed);
    atomic_store_explicit(&codes[slot].check, fingerprint ^ id, memory_order_relaxed);
}

static bool tell_one(const struct interpreter *interpreter, uintptr_t object, uint64_t id)
{
    uint64_t reader =
        atomic_load_explicit(&recorder_ring()->reader_generation, memory_order_relaxed);
    uint64_t mark = hash_mix(id, reader);
    _Atomic uint64_t *slot = &told[slot_of(id)];
    if (atomic_load_explicit(slot, memory_order_relaxed) == mark)
        return true;
    if (!interpreter->tell(object, id))
        return false;
    atomic_store_explicit(slot, mark, memory_order_relaxed);
    return true;
}

void code_stack_add(struct code_stack *stack, uint64_t id, uint32_t position, uintptr_t object)
{
    const struct interpreter *interpreter = atomic_load_explicit(&known, memory_order_acquire);
    unsigned i = stack->count++;
    stack->hash = hash_mix(hash_mix(stack->hash, id), position);
    if (stack->frames)
        stack->frames[i] = (struct rec_code_frame){.code_id = id, .position = position};
    if (stack->tell && !stack->untold)
        stack->untold = !interpreter || !tell_one(interpreter, object, id);
}
