#include "scratch.h"

#include <stdatomic.h>

#include "pages.h"
#include "recorder.h"

enum { SCRATCHES = 512 };

static struct slot {
    _Atomic uintptr_t owner; /* the thread's own struct; 0: free */
    _Atomic uintptr_t frame; /* of the call; 0: being taken or given */
    _Atomic uint32_t turn;
} slots[SCRATCHES];
static struct scratch *_Atomic scratches; /* touched as far as used */

void scratch_prepare(void)
{
    struct scratch *none = NULL;
    size_t size = SCRATCHES * sizeof *none;
    if (atomic_load_explicit(&scratches, memory_order_relaxed))
        return;
    void *map = pages_map(size, MAP_PRIVATE | MAP_NORESERVE);
    if (map && !atomic_compare_exchange_strong(&scratches, &none, map))
        pages_unmap(map, size);
}

static bool take_free(struct slot *slot)
{
    uintptr_t owner = 0;
    return atomic_compare_exchange_strong_explicit(
        &slot->owner, &owner, (uintptr_t)&self_thread, memory_order_acquire, memory_order_relaxed);
}

/* Of a call of this thread further down its stack, which a longjmp has left; or so it seems, where
 * the thread has several stacks. A signal handler may come between any two steps. */
static bool take_left(struct slot *slot, uintptr_t frame)
{
    uintptr_t left = atomic_load_explicit(&slot->frame, memory_order_relaxed);
    return atomic_load_explicit(&slot->owner, memory_order_relaxed) == (uintptr_t)&self_thread &&
           left && left <= frame && atomic_compare_exchange_strong(&slot->frame, &left, 0);
}

static struct scratch_hold hold(struct scratch *map, uint32_t index, uintptr_t frame)
{
    struct slot *slot = &slots[index];
    self_thread.scratch = index;
    atomic_store_explicit(&slot->frame, frame, memory_order_relaxed);
    uint32_t turn = atomic_fetch_add_explicit(&slot->turn, 1, memory_order_relaxed) + 1;
    return (struct scratch_hold){&map[index], index, turn};
}

struct scratch_hold scratch_take(void)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    struct scratch *map = atomic_load_explicit(&scratches, memory_order_acquire);
    for (uint32_t i = 0; map && i < SCRATCHES; i++) {
        uint32_t index = (self_thread.scratch + i) % SCRATCHES;
        if (take_free(&slots[index]))
            return hold(map, index, frame);
    }
    for (uint32_t i = 0; map && i < SCRATCHES; i++)
        if (take_left(&slots[i], frame))
            return hold(map, i, frame);
    return (struct scratch_hold){0};
}

bool scratch_held(const struct scratch_hold *hold)
{
    return hold->scratch &&
           atomic_load_explicit(&slots[hold->index].turn, memory_order_relaxed) == hold->turn;
}

static void free_slot(struct slot *slot)
{
    atomic_store_explicit(&slot->frame, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->owner, 0, memory_order_release);
}

void scratch_give(struct scratch_hold *hold)
{
    if (scratch_held(hold))
        free_slot(&slots[hold->index]);
    hold->scratch = NULL;
}

void scratch_forked(void)
{
    for (unsigned i = 0; i < SCRATCHES; i++)
        if (atomic_load_explicit(&slots[i].owner, memory_order_relaxed) != (uintptr_t)&self_thread)
            free_slot(&slots[i]);
}
