/* Finding the library that a caller means. RTLD_NEXT would not do: a runtime opens its extension
 * modules RTLD_LOCAL, wheels carry renamed copies, and a process may hold several. So the calling
 * object's own scope decides, and the answer is remembered by return address. */
#include "hooks.h"

#include <stdatomic.h>

#include "elf.h"

enum {
    INSTANCES_MAX = 32,
    CALLERS = 1024,
    INDEX_BITS = 5,
    TURN_BITS = 11, /* beside an address of 48 bits */
    FUNCTIONS_MAX = 128,
};

#define HELPER_NAME(name) #name,
#define ROW_NAME(type, missing, name, params, args) #name,
static const char *const libpq_names[] = {LIBPQ_HELPERS(HELPER_NAME)
#define PQ_ROW ROW_NAME
#include "interpose.def"
};
static const char *const ssl_names[] = {SSL_HELPERS(HELPER_NAME)
#define SSL_ROW ROW_NAME
#include "interpose.def"
};
static const char *const gnutls_names[] = {GNUTLS_HELPERS(HELPER_NAME)
#define GNUTLS_ROW ROW_NAME
#include "interpose.def"
};

/* A kind's struct is its functions, in the order of their names. Two functions tell one instance
 * from another. */
static const struct kind {
    const char *const *names;
    unsigned count;
    const char *marker, *second;
} kinds[LIBRARY_KINDS] = {
    [LIBRARY_PQ] = {libpq_names, sizeof libpq_names / sizeof *libpq_names, "PQexec", "PQfinish"},
    [LIBRARY_SSL] = {ssl_names, sizeof ssl_names / sizeof *ssl_names, "SSL_read", "SSL_write"},
    [LIBRARY_GNUTLS] = {gnutls_names, sizeof gnutls_names / sizeof *gnutls_names,
        "gnutls_record_recv", "gnutls_record_send"},
};

/* A thread that finds no instance takes a free one for itself, fills it and then shows it: nobody
 * waits for anybody. Two may so be alike. One whose filling was cut off, since its thread is not in
 * this forked child, is lost. */
enum instance_state { INSTANCE_FREE, INSTANCE_FILLING, INSTANCE_READY };

static struct instance {
    _Atomic uint32_t state; /* enum instance_state */
    _Atomic uint32_t turn;  /* rises when it is given back: what remembers it is void */
    const struct kind *kind;
    const void *marker, *second;
    struct elf_object object;
    void *functions[FUNCTIONS_MAX];
} instances[INSTANCES_MAX];

#define IS_ITS_FUNCTIONS(library, names)                                                           \
    _Static_assert(                                                                                \
        sizeof(struct library) == sizeof(names) && sizeof(names) <= sizeof(void *[FUNCTIONS_MAX]), \
        #library)
IS_ITS_FUNCTIONS(libpq, libpq_names);
IS_ITS_FUNCTIONS(openssl, ssl_names);
IS_ITS_FUNCTIONS(gnutls, gnutls_names);

/* address | turn | index of the instance; one word, so that no reader sees half of it */
static _Atomic uint64_t callers[CALLERS];

static _Atomic uint64_t *caller_slot(const void *address)
{
    uint64_t hash = (uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
    return &callers[hash >> 54];
}

static uint64_t caller_word(const void *address, uint32_t turn, uint64_t index)
{
    return (uint64_t)(uintptr_t)address << (TURN_BITS + INDEX_BITS) |
           (uint64_t)(turn & ((1 << TURN_BITS) - 1)) << INDEX_BITS | index;
}

static uint32_t turn_of(const struct instance *instance)
{
    return atomic_load_explicit(&instance->turn, memory_order_acquire);
}

static void fill(
    struct instance *instance, const struct kind *kind, const struct elf_object *object)
{
    instance->kind = kind;
    instance->object = *object;
    instance->marker = elf_object_symbol(object, kind->marker);
    instance->second = elf_object_symbol(object, kind->second);
    for (unsigned i = 0; i < kind->count; i++)
        instance->functions[i] = elf_object_symbol(object, kind->names[i]);
}

static bool is_ready(const struct instance *instance)
{
    return atomic_load_explicit(&instance->state, memory_order_acquire) == INSTANCE_READY;
}

static const struct instance *known_instance(
    const struct kind *kind, const void *marker, const void *second, uint32_t *ret_turn)
{
    for (const struct instance *i = instances; i < instances + INSTANCES_MAX; i++) {
        *ret_turn = turn_of(i); /* before the rest is looked at */
        if (is_ready(i) && i->kind == kind && i->marker == marker && i->second == second)
            return i;
    }
    return NULL;
}

/* NULL: there are too many. */
static const struct instance *instance_of(
    const struct kind *kind, const struct elf_object *object, uint32_t *ret_turn)
{
    const struct instance *known = known_instance(kind, elf_object_symbol(object, kind->marker),
        elf_object_symbol(object, kind->second), ret_turn);
    if (known)
        return known;
    for (struct instance *i = instances; i < instances + INSTANCES_MAX; i++) {
        uint32_t none = INSTANCE_FREE;
        if (!atomic_compare_exchange_strong(&i->state, &none, INSTANCE_FILLING))
            continue;
        *ret_turn = turn_of(i);
        fill(i, kind, object);
        atomic_store_explicit(&i->state, INSTANCE_READY, memory_order_release);
        return i;
    }
    return NULL;
}

/* Where a definition was found: in the scope of the caller's object, or just somewhere. */
enum found { FOUND_NOT, FOUND_ANYWHERE, FOUND_IN_SCOPE };

static enum found find_symbol(
    const void *address, const char *name, struct elf_object *ret_object, void **ret_symbol)
{
    struct elf_object caller;
    if (elf_object_of(address, &caller) && (*ret_symbol = elf_in_scope(&caller, name, ret_object)))
        return FOUND_IN_SCOPE;
    *ret_symbol = elf_any(name, ret_object);
    return *ret_symbol ? FOUND_ANYWHERE : FOUND_NOT;
}

void *library_function(const void *address, const char *name)
{
    struct elf_object object;
    void *symbol;
    find_symbol(address, name, &object, &symbol);
    return symbol;
}

/* A tail call leaves the address of somebody else's code, in whose scope another copy of the
 * library, or none, may be. An SSL tells whose it is: among its first members (which ones depends
 * on the version) is the table of its methods, in the library's own data. */
static bool find_maker(const void *const *made, const char *marker, struct elf_object *ret_object)
{
    for (unsigned i = 1; i <= 3; i++)
        if (made[i] && elf_object_of(made[i], ret_object) && elf_object_symbol(ret_object, marker))
            return true;
    return false;
}

static const void *find_for(const struct kind *kind, const void *address, const void *made)
{
    struct elf_object object, maker;
    void *symbol;
    enum found found = find_symbol(address, kind->marker, &object, &symbol);
    if (!found)
        return NULL;
    bool other = made && find_maker(made, kind->marker, &maker) && maker.start != object.start;
    if (other)
        object = maker;
    uint32_t turn;
    const struct instance *instance = instance_of(kind, &object, &turn);
    if (!instance)
        return NULL;
    if (!other && (!made || found == FOUND_IN_SCOPE))
        atomic_store_explicit(caller_slot(address),
            caller_word(address, turn, (uint64_t)(instance - instances)), memory_order_relaxed);
    return instance->functions;
}

const void *library_of_caller(enum library_kind kind, const void *address, const void *made)
{
    uint64_t word = atomic_load_explicit(caller_slot(address), memory_order_relaxed);
    uint64_t index = word & ((1 << INDEX_BITS) - 1);
    const struct instance *instance = &instances[index];
    if (__builtin_expect(word == caller_word(address, turn_of(instance), index) &&
                             instance->kind == &kinds[kind],
            1))
        return instance->functions;
    return find_for(&kinds[kind], address, made);
}

/* Looked at again once nobody else may touch it: it may have been given back and filled anew. */
static void give_back(struct instance *instance)
{
    uint32_t ready = INSTANCE_READY;
    if (!atomic_compare_exchange_strong(&instance->state, &ready, INSTANCE_FILLING))
        return;
    bool there = elf_is_loaded(&instance->object);
    if (!there)
        atomic_fetch_add(&instance->turn, 1);
    atomic_store(&instance->state, there ? INSTANCE_READY : INSTANCE_FREE);
}

bool library_has(enum library_kind kind, const void *address)
{
    for (unsigned i = 0; i < INSTANCES_MAX; i++)
        if (atomic_load_explicit(&instances[i].state, memory_order_acquire) == INSTANCE_READY &&
            instances[i].kind == &kinds[kind] && (uintptr_t)address >= instances[i].object.start &&
            (uintptr_t)address < instances[i].object.end)
            return true;
    return false;
}

void library_forget_unloaded(void)
{
    for (unsigned i = 0; i < CALLERS; i++)
        atomic_store_explicit(&callers[i], 0, memory_order_relaxed);
    for (struct instance *i = instances; i < instances + INSTANCES_MAX; i++)
        if (is_ready(i) && !elf_is_loaded(&i->object))
            give_back(i);
}
