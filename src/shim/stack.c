/* Unwinding and the table of stacks that the forwarder already knows. */
#include "stack.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>

#include "elf.h"
#include "modules.h"
#include "recorder.h"

enum { SEEN = 4096 }; /* stack ids remembered, direct-mapped: 32 KB */

static int (*unwind)(void **addresses, int size);
static _Atomic uint32_t unwinding; /* threads inside libunwind, which has locks of its own */
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
    /* Before glibc 2.34 dlopen is in libdl, which the service may not have. */
    void *(*open)(const char *, int) = (void *(*)(const char *, int))elf_any("dlopen", NULL);
    if (!open)
        open = (void *(*)(const char *, int))elf_any("__libc_dlopen_mode", NULL);
    /* RTLD_LOCAL: libunwind also defines the C++ unwinder's names, which must not become global. */
    struct link_map *library = open ? open("libunwind.so.8", RTLD_NOW | RTLD_LOCAL) : NULL;
    struct elf_object object;
    if (library && elf_object_of(library->l_ld, &object))
        unwind = (int (*)(void **, int))elf_object_symbol(&object, "unw_backtrace");
    /* Not ours to unload, and never unloaded. */
}

void stack_forked(void)
{
    /* Another thread was inside libunwind at the fork: its locks may be held for ever in this
     * child. */
    if (atomic_load_explicit(&unwinding, memory_order_relaxed) > 0)
        unwind = NULL;
}

void stack_modules_changed(void)
{
    atomic_fetch_add_explicit(&epoch, 1, memory_order_relaxed);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 32;
}

/* Ids differ between module maps and readers, so that a new one is told every stack again. */
static uint64_t identify(void *const *addresses, unsigned count)
{
    uint64_t generation =
        atomic_load_explicit(&recorder_ring()->reader_generation, memory_order_relaxed);
    uint64_t hash = mix(
        modules_map_id(), generation << 32 | atomic_load_explicit(&epoch, memory_order_relaxed));
    for (unsigned i = 0; i < count; i++)
        hash = mix(hash, (uintptr_t)addresses[i]);
    return hash ? hash : 1;
}

static bool write_stack(uint64_t id, uint64_t map_id, void *const *addresses, unsigned count)
{
    struct rec_stack *r =
        recorder_begin(REC_STACK, sizeof *r + count * sizeof(uint64_t), recorder_now());
    if (!r)
        return false;
    r->stack_id = id;
    r->map_id = map_id;
    r->native_count = count;
    r->code_count = 0;
    memcpy(r + 1, addresses, count * sizeof(uint64_t));
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

uint64_t stack_capture(void)
{
    void *addresses[STACK_FRAMES_MAX + 8];
    uint32_t limit = atomic_load_explicit(&recorder_ring()->stack_limit, memory_order_relaxed);
    if (!unwind || !limit)
        return 0;
    if (limit > STACK_FRAMES_MAX)
        limit = STACK_FRAMES_MAX;
    atomic_fetch_add_explicit(&unwinding, 1, memory_order_relaxed);
    int taken = unwind(addresses, (int)limit + 8);
    atomic_fetch_sub_explicit(&unwinding, 1, memory_order_relaxed);
    unsigned count = taken > 0 ? (unsigned)taken : 0;
    unsigned own = skip_own(addresses, count);
    count -= own;
    if (!count)
        return 0;
    if (count > limit)
        count = limit;
    uint64_t id = identify(addresses + own, count);
    if (likely(seen[id % SEEN] == id))
        return id;
    modules_tell();
    id = identify(addresses + own, count);
    if (!write_stack(id, modules_map_id(), addresses + own, count))
        return 0;
    seen[id % SEEN] = id;
    return id;
}
