#include "rebind.h"

#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "elf.h"
#include "hooks.h"
#include "sys.h"

/* One object being looked at. */
struct rebinding {
    struct elf_object own, object;
    uintptr_t read_only, read_only_end; /* after relocation */
};

/* By the loader's rule: the pages that lie wholly before the end. */
static void find_read_only(struct rebinding *r, const struct dl_phdr_info *info)
{
    uintptr_t page_mask = ~(getauxval(AT_PAGESZ) - 1);
    r->read_only = r->read_only_end = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type != PT_GNU_RELRO)
            continue;
        r->read_only = (info->dlpi_addr + p->p_vaddr) & page_mask;
        r->read_only_end = (info->dlpi_addr + p->p_vaddr + p->p_memsz) & page_mask;
    }
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

static int rebind_object(struct dl_phdr_info *info, size_t size, void *data)
{
    struct rebinding *r = data;
    if (!elf_object_read(&r->object, info) || r->object.start == r->own.start ||
        !elf_needs(&r->object, "libpq"))
        return 0;
    find_read_only(r, info);
    elf_imports(&r->object, rebind_slot, r);
    return 0;
}

static int count_loaded(struct dl_phdr_info *info, size_t size, void *data)
{
    *(unsigned long long *)data = info->dlpi_adds;
    return 1;
}

void rebind_libpq(void)
{
    struct rebinding r;
    if (elf_object_of((const void *)(uintptr_t)rebind_libpq, &r.own))
        dl_iterate_phdr(rebind_object, &r);
}

void rebind_loaded(void)
{
    static _Atomic unsigned long long seen;
    unsigned long long loaded = 0;
    dl_iterate_phdr(count_loaded, &loaded);
    if (loaded && atomic_exchange_explicit(&seen, loaded, memory_order_relaxed) != loaded)
        rebind_libpq();
}
