/* Finding the library that a caller means. RTLD_NEXT would not do: a runtime opens its extension
 * modules RTLD_LOCAL, wheels carry renamed copies, and a process may hold several. So the calling
 * object's own scope decides, and the answer is remembered by return address. */
#include "hooks.h"

#include <stdatomic.h>

#include "elf.h"

enum { INSTANCES_MAX = 16, CALLERS = 1024, INDEX_BITS = 4, FUNCTIONS_MAX = 128 };

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

static struct instance {
    const struct kind *kind;
    const void *marker, *second;
    void *functions[FUNCTIONS_MAX];
} instances[INSTANCES_MAX];

#define IS_ITS_FUNCTIONS(library, names)                                                           \
    _Static_assert(                                                                                \
        sizeof(struct library) == sizeof(names) && sizeof(names) <= sizeof(void *[FUNCTIONS_MAX]), \
        #library)
IS_ITS_FUNCTIONS(libpq, libpq_names);
IS_ITS_FUNCTIONS(openssl, ssl_names);
IS_ITS_FUNCTIONS(gnutls, gnutls_names);

static _Atomic unsigned instance_count;
static _Atomic unsigned adding; /* a thread is filling the next instance */

/* return address << INDEX_BITS | instance; one word, so that no reader sees half of it */
static _Atomic uint64_t callers[CALLERS];

static _Atomic uint64_t *caller_slot(const void *address)
{
    uint64_t hash = (uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);
    return &callers[hash >> 54];
}

static void fill(
    struct instance *instance, const struct kind *kind, const struct elf_object *object)
{
    instance->kind = kind;
    instance->marker = elf_object_symbol(object, kind->marker);
    instance->second = elf_object_symbol(object, kind->second);
    for (unsigned i = 0; i < kind->count; i++)
        instance->functions[i] = elf_object_symbol(object, kind->names[i]);
}

static int known_instance(const struct kind *kind, const void *marker, const void *second)
{
    unsigned count = atomic_load_explicit(&instance_count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        if (instances[i].kind == kind && instances[i].marker == marker &&
            instances[i].second == second)
            return (int)i;
    return -1;
}

/* Index of the instance for this object, or -1 when there are too many or another thread is at it.
 */
static int add_instance(const struct kind *kind, const struct elf_object *object)
{
    int known = known_instance(
        kind, elf_object_symbol(object, kind->marker), elf_object_symbol(object, kind->second));
    if (known >= 0)
        return known;
    unsigned none = 0;
    if (!atomic_compare_exchange_strong(&adding, &none, 1))
        return -1;
    unsigned count = atomic_load(&instance_count);
    int added = -1;
    if (count < INSTANCES_MAX) {
        fill(&instances[count], kind, object);
        atomic_store_explicit(&instance_count, count + 1, memory_order_release);
        added = (int)count;
    }
    atomic_store(&adding, 0);
    return added;
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
    int index;
    while ((index = add_instance(kind, &object)) < 0)
        if (atomic_load(&instance_count) >= INSTANCES_MAX)
            return NULL;
    if (!other && (!made || found == FOUND_IN_SCOPE)) {
        uint64_t word = (uint64_t)(uintptr_t)address << INDEX_BITS | (unsigned)index;
        atomic_store_explicit(caller_slot(address), word, memory_order_relaxed);
    }
    return instances[index].functions;
}

const void *library_of_caller(enum library_kind kind, const void *address, const void *made)
{
    uint64_t word = atomic_load_explicit(caller_slot(address), memory_order_relaxed);
    const struct instance *instance = &instances[word & ((1 << INDEX_BITS) - 1)];
    if (__builtin_expect(
            word >> INDEX_BITS == (uintptr_t)address && instance->kind == &kinds[kind], 1))
        return instance->functions;
    return find_for(&kinds[kind], address, made);
}

void library_forget_callers(void)
{
    for (unsigned i = 0; i < CALLERS; i++)
        atomic_store_explicit(&callers[i], 0, memory_order_relaxed);
}
