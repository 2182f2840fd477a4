/* Who looks at loaded objects and who unloads them keep out of each other's way, without a lock
 * that could be held for ever. Whoever looks and can do without steps aside while something is
 * unloaded; who can't lets the processor go up to a thousand times, and then looks all the same; so
 * does who is to unload while others look. The loader serialises what is unloaded. */
#include <stdatomic.h>
#include <time.h>

#include "elf.h"
#include "recorder.h"
#include "sys.h"

enum {
    TURNS = 100,            /* of the processor, before the first nap */
    LOOK_NAPS_MAX = 20,     /* of a millisecond */
    UNLOAD_NAPS_MAX = 1000, /* who looks is soon done, unless it is gone */
};

/* A destructor that was left by longjmp, or with its thread, unloads no more. */
#define UNLOADING_NS UINT64_C(10000000000)

/* In one word: how often those who look were given up (32) | how many there are (32). */
static _Atomic uint64_t lookers;
static _Atomic uint32_t unloading;
static _Atomic uint64_t unloading_since;
static _Thread_local uint32_t own_unloading;
static _Thread_local uint64_t own_round; /* of the outermost look */
static _Thread_local uint32_t own_looks;

static bool others_unload(void)
{
    /* Within dlclose (a destructor looks): the loader lets nobody else unload meanwhile. */
    return !own_unloading && atomic_load(&unloading) &&
           recorder_now() - atomic_load(&unloading_since) < UNLOADING_NS;
}

void elf_calm_end(void)
{
    uint64_t now = atomic_load(&lookers);
    own_looks--;
    while (now >> 32 == own_round && (uint32_t)now &&
           !atomic_compare_exchange_weak(&lookers, &now, now - 1))
        ;
}

/* Whether nobody else unloads; counted in any case. */
static bool begin(void)
{
    uint64_t before = atomic_fetch_add(&lookers, 1);
    if (own_looks++)
        return true;
    own_round = before >> 32;
    return !others_unload();
}

bool elf_calm_begin(void)
{
    bool calm = begin();
    if (!calm)
        elf_calm_end();
    return calm;
}

static void let_others(unsigned round)
{
    struct timespec nap = {.tv_nsec = 1000000};
    if (round < TURNS)
        sys(SYS_sched_yield);
    else
        sys(SYS_nanosleep, &nap, NULL);
}

void elf_look_begin(void)
{
    for (unsigned i = 0; i < TURNS + LOOK_NAPS_MAX; i++) {
        if (elf_calm_begin())
            return;
        let_others(i);
    }
    (void)begin();
}

void elf_look_end(void)
{
    elf_calm_end();
}

/* All but this thread's are counted no more. */
static void give_up(void)
{
    own_round = (atomic_load(&lookers) >> 32) + 1;
    atomic_store(&lookers, own_round << 32 | own_looks);
}

void elf_unload_begin(void)
{
    own_unloading++;
    atomic_store(&unloading_since, recorder_now());
    atomic_fetch_add(&unloading, 1);
    for (unsigned i = 0; i < TURNS + UNLOAD_NAPS_MAX; i++) {
        if ((uint32_t)atomic_load(&lookers) <= own_looks)
            return;
        let_others(i);
    }
    give_up();
}

void elf_unload_end(void)
{
    atomic_fetch_sub(&unloading, 1);
    own_unloading--;
}

static bool half_unloaded;

bool elf_half_unloaded(void)
{
    return half_unloaded;
}

void elf_forked(void)
{
    half_unloaded |= atomic_load(&unloading) > own_unloading;
    atomic_store(&unloading, own_unloading);
    give_up();
}
