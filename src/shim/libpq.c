/* Finding the libpq that a caller means. RTLD_NEXT would not do: a runtime opens its extension
 * modules RTLD_LOCAL, wheels carry renamed copies, and a process may hold several. So the calling
 * object's own scope decides, and the answer is remembered by return address. */
#include "hooks.h"

#include <stdatomic.h>
#include <string.h>

#include "elf.h"
#include "recorder.h"

enum { INSTANCES_MAX = 8, CALLERS = 1024, INDEX_BITS = 4 };

static struct libpq instances[INSTANCES_MAX];
static _Atomic unsigned instance_count;
static _Atomic unsigned adding; /* a thread is filling the next instance */

/* return address << INDEX_BITS | instance; one word, so that no reader sees half of it */
static _Atomic uint64_t callers[CALLERS];

static _Atomic uint64_t *caller_slot(const void *address)
{
    uint64_t hash = (uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
    return &callers[hash >> 54];
}

static void fill(struct libpq *pq, const struct elf_object *object)
{
    *pq = (struct libpq){.bias = object->bias};
#define X(name) pq->name = (__typeof__(pq->name))elf_object_symbol(object, #name);
    LIBPQ_HELPERS(X)
#undef X
#define FD_ROW(type, name, params, args)
#define ROW(type, name, params, args)
#define FCNTL_ROW(name)
#define END_ROW(name)
#define PQ_ROW(type, missing, name, params, args)                                                  \
    pq->name = (__typeof__(pq->name))elf_object_symbol(object, #name);
#include "interpose.def"
#undef PQ_ROW
}

static int known_instance(const void *exec, const void *finish)
{
    unsigned count = atomic_load_explicit(&instance_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        if ((const void *)instances[i].PQexec == exec &&
            (const void *)instances[i].PQfinish == finish)
            return (int)i;
    return -1;
}

/* Index of the instance for this object, or -1 when there are too many or another thread is at it.
 */
static int add_instance(const struct elf_object *object, const void *exec)
{
    int known = known_instance(exec, elf_object_symbol(object, "PQfinish"));
    if (known >= 0)
        return known;
    unsigned none = 0;
    if (!atomic_compare_exchange_strong(&adding, &none, 1))
        return -1;
    unsigned count = atomic_load(&instance_count);
    int added = -1;
    if (count < INSTANCES_MAX) {
        fill(&instances[count], object);
        atomic_store_explicit(&instance_count, count + 1, memory_order_release);
        added = (int)count;
    }
    atomic_store(&adding, 0);
    return added;
}

static void *find_symbol(const void *address, const char *name, struct elf_object *ret_object)
{
    struct elf_object caller;
    void *found = NULL;
    if (elf_object_of(address, &caller))
        found = elf_in_scope(&caller, name, ret_object);
    return found ? found : elf_any(name, ret_object);
}

void *libpq_function(const void *address, const char *name)
{
    struct elf_object object;
    return find_symbol(address, name, &object);
}

void *libpq_hook(const char *name)
{
    static const struct {
        const char *name;
        void *hook;
    } rows[] = {
#define PQ_ROW(type, missing, name, params, args) {#name, (void *)name},
#include "interpose.def"
    };
    bool theirs = (name[0] == 'P' && name[1] == 'Q') || (name[0] == 'l' && name[1] == 'o');
    if (likely(!theirs))
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].hook;
    return NULL;
}

static bool in_object(const void *address, const struct elf_object *object)
{
    return (uintptr_t)address >= object->start && (uintptr_t)address < object->end;
}

/* A pointer got from dlsym may be called from anywhere. Ours is given only for the libpq that
 * unknown callers are taken to mean, and to those that need no other. */
static bool is_everybodys(const void *found, const void *caller)
{
    struct elf_object first, calling, theirs;
    if (!elf_any("PQexec", &first) || !in_object(found, &first))
        return false;
    return !elf_object_of(caller, &calling) || !elf_in_scope(&calling, "PQexec", &theirs) ||
           theirs.start == first.start;
}

bool libpq_exports(const char *name)
{
    struct elf_object own;
    return elf_object_of((const void *)(uintptr_t)libpq_exports, &own) &&
           elf_object_symbol(&own, name);
}

bool libpq_answers(const void *hook, const void *found, const char *name, const void *caller)
{
    struct elf_object own, calling, theirs;
    if (!found || !elf_object_of(hook, &own))
        return false;
    if (!in_object(found, &own))
        return is_everybodys(found, caller);
    /* The caller's whole scope was searched, and we are first in it. */
    return elf_object_of(caller, &calling) && elf_in_scope(&calling, name, &theirs);
}

static const struct libpq *find_for(const void *address)
{
    struct elf_object object;
    void *exec = find_symbol(address, "PQexec", &object);
    if (!exec)
        return NULL;
    int index;
    while ((index = add_instance(&object, exec)) < 0)
        if (atomic_load(&instance_count) >= INSTANCES_MAX)
            return NULL;
    uint64_t word = (uint64_t)(uintptr_t)address << INDEX_BITS | (unsigned)index;
    atomic_store_explicit(caller_slot(address), word, memory_order_relaxed);
    return &instances[index];
}

const struct libpq *libpq_of_caller(const void *address)
{
    uint64_t word = atomic_load_explicit(caller_slot(address), memory_order_relaxed);
    if (__builtin_expect(word >> INDEX_BITS == (uintptr_t)address, 1))
        return &instances[word & ((1 << INDEX_BITS) - 1)];
    return find_for(address);
}

void libpq_forget_callers(void)
{
    for (unsigned i = 0; i < CALLERS; i++)
        atomic_store_explicit(&callers[i], 0, memory_order_relaxed);
}
