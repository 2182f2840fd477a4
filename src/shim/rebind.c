#include "rebind.h"

#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "elf.h"
#include "hooks.h"
#include "interpose.h"
#include "sys.h"

/* One object being looked at. */
struct rebinding {
    struct elf_object own, object;
    uintptr_t page_size;
    uintptr_t read_only, read_only_end; /* after relocation */
};

/* By the loader's rule: the pages that lie wholly before the end. */
static bool find_read_only(struct rebinding *r)
{
    uintptr_t page_mask = ~(r->page_size - 1);
    unsigned count = 0;
    const ElfW(Phdr) *headers = elf_headers(&r->object, &count);
    r->read_only = r->read_only_end = 0;
    for (unsigned i = 0; headers && i < count; i++) {
        const ElfW(Phdr) *p = &headers[i];
        if (p->p_type != PT_GNU_RELRO)
            continue;
        r->read_only = (r->object.bias + p->p_vaddr) & page_mask;
        r->read_only_end = (r->object.bias + p->p_vaddr + p->p_memsz) & page_mask;
    }
    return headers != NULL;
}

static void set_slot(const struct rebinding *r, void **slot, void *function)
{
    bool read_only = (uintptr_t)slot >= r->read_only && (uintptr_t)slot < r->read_only_end;
    size_t size = r->read_only_end - r->read_only;
    if (read_only && sys(SYS_mprotect, r->read_only, size, PROT_READ | PROT_WRITE) < 0)
        return;
    __atomic_store_n(slot, function, __ATOMIC_RELAXED);
    if (read_only)
        sys(SYS_mprotect, r->read_only, size, PROT_READ);
}

/* Not bound yet (it holds an address of the object's own), or bound to the function itself. */
static bool passes_us_by(const struct rebinding *r, const char *name, const void *value)
{
    struct elf_object holder;
    if ((uintptr_t)value >= r->object.start && (uintptr_t)value < r->object.end)
        return true;
    return elf_object_of(value, &holder) && elf_object_symbol(&holder, name) == value;
}

static void rebind_slot(void *self, const char *name, void **slot)
{
    const struct rebinding *r = self;
    void *ours = libpq_hook(name);
    if (ours && *slot != ours && passes_us_by(r, name, *slot) && elf_any(name, NULL))
        set_slot(r, slot, ours);
}

static bool rebind_object(const struct elf_object *object, void *data)
{
    struct rebinding *r = data;
    r->object = *object;
    if (object->start != r->own.start && elf_needs(object, "libpq") && find_read_only(r))
        elf_imports(&r->object, rebind_slot, r);
    return false;
}

/* One at a time: what one thread makes writable for a moment another would make read-only. Whoever
 * comes while it goes on leaves it at that. */
static _Atomic uint32_t rebinding_goes_on;

static bool rebind_all(void)
{
    struct rebinding r = {.page_size = getauxval(AT_PAGESZ)};
    uint32_t nobody = 0;
    if (!atomic_compare_exchange_strong(&rebinding_goes_on, &nobody, 1))
        return false;
    bool calm = elf_calm_begin();
    if (calm && elf_object_of((const void *)(uintptr_t)rebind_libpq, &r.own))
        elf_each(rebind_object, &r);
    if (calm)
        elf_calm_end();
    atomic_store(&rebinding_goes_on, 0);
    return calm;
}

void rebind_libpq(void)
{
    (void)rebind_all();
}

void rebind_loaded(void)
{
    static _Atomic uint64_t seen;
    uint64_t loaded = elf_mark();
    if (atomic_load_explicit(&seen, memory_order_relaxed) != loaded && rebind_all())
        atomic_store_explicit(&seen, loaded, memory_order_relaxed);
}

void rebind_forked(void)
{
    atomic_store(&rebinding_goes_on, 0);
}

/* ---- our own references ---- */

enum { STANDING_MAX = 8 };
struct own_references {
    struct rebinding r;
    struct elf_object standing[STANDING_MAX]; /* libc and what has its place */
    unsigned count;
};

static bool is_same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* A program holds variables of libc itself: they were copied there. */
static bool is_variable(const char *name)
{
    static const char *const names[] = {"environ", "__environ", "stdin", "stdout", "_r_debug"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_same(name, names[i]))
            return true;
    return false;
}

static void *standing_symbol(const struct own_references *own, const char *name)
{
    void *found = NULL;
    for (unsigned i = 0; i < own->count && !found; i++)
        found = elf_object_symbol(&own->standing[i], name);
    return found;
}

static void rebind_own_slot(void *self, const char *name, void **slot)
{
    const struct own_references *own = self;
    uintptr_t value = (uintptr_t)*slot;
    if (!value || is_variable(name))
        return;
    for (unsigned i = 0; i < own->count; i++)
        if (value >= own->standing[i].start && value < own->standing[i].end)
            return;
    void *found = standing_symbol(own, name);
    if (found)
        set_slot(&own->r, slot, found);
}

static bool look_at(const struct elf_object *object, void *data)
{
    struct own_references *own = data;
    if (elf_is_self(object))
        own->r.object = *object;
    else if (own->count < STANDING_MAX && stands_for_libc(object))
        own->standing[own->count++] = *object;
    return false;
}

void rebind_own(void)
{
    struct own_references own = {0};
    elf_each(look_at, &own);
    __typeof__(getauxval) *ask = (__typeof__(getauxval) *)standing_symbol(&own, "getauxval");
    if (!ask || !own.r.object.symbols)
        return;
    own.r.page_size = ask(AT_PAGESZ);
    if (!find_read_only(&own.r))
        return;
    elf_imports(&own.r.object, rebind_own_slot, &own);
}
