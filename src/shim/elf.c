/* Reading the symbol tables of loaded objects (System V ABI; GNU hash as glibc's loader reads it).
 */
#include "elf.h"

#include <string.h>
#include <sys/auxv.h>

#if defined(__x86_64__)
enum { R_JUMP_SLOT = R_X86_64_JUMP_SLOT, R_GLOB_DAT = R_X86_64_GLOB_DAT };
#elif defined(__aarch64__)
enum { R_JUMP_SLOT = R_AARCH64_JUMP_SLOT, R_GLOB_DAT = R_AARCH64_GLOB_DAT };
#endif

static const void *dynamic_pointer(uintptr_t bias, ElfW(Addr) value)
{
    /* glibc relocates these in place, except in objects it maps read-only (vdso) and under musl. */
    return (const void *)(value < bias ? bias + value : value);
}

static void read_dynamic(struct elf_object *o)
{
    const char *soname = NULL;
    for (const ElfW(Dyn) *d = o->dynamic; d->d_tag != DT_NULL; d++) {
        const void *p = dynamic_pointer(o->bias, d->d_un.d_ptr);
        if (d->d_tag == DT_SYMTAB)
            o->symbols = p;
        else if (d->d_tag == DT_STRTAB)
            o->strings = p;
        else if (d->d_tag == DT_GNU_HASH)
            o->gnu_hash = p;
        else if (d->d_tag == DT_HASH)
            o->hash = p;
        else if (d->d_tag == DT_VERSYM)
            o->versions = p;
        else if (d->d_tag == DT_SONAME)
            soname = (const char *)(uintptr_t)(d->d_un.d_val + 1); /* offset + 1: 0 means none */
    }
    if (soname && o->strings)
        o->soname = o->strings + ((uintptr_t)soname - 1);
}

bool elf_object_read(struct elf_object *o, const struct dl_phdr_info *info)
{
    *o = (struct elf_object){
        .bias = info->dlpi_addr, .path = info->dlpi_name ? info->dlpi_name : ""};
    o->start = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t start = o->bias + p->p_vaddr;
        if (p->p_type == PT_DYNAMIC)
            o->dynamic = (const void *)start;
        if (p->p_type != PT_LOAD)
            continue;
        if (start < o->start)
            o->start = start;
        if (start + p->p_memsz > o->end)
            o->end = start + p->p_memsz;
    }
    if (!o->dynamic)
        return false;
    read_dynamic(o);
    return o->symbols && o->strings && (o->gnu_hash || o->hash);
}

/* Not strcmp: a sanitizer's runtime asks for names before its own one works. */
static bool same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool matches(const struct elf_object *o, uint32_t index, const char *name)
{
    const ElfW(Sym) *s = &o->symbols[index];
    unsigned type = ELF64_ST_TYPE(s->st_info);
    if (s->st_shndx == SHN_UNDEF ||
        (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_OBJECT))
        return false;
    if (o->versions && (o->versions[index] & 0x8000)) /* hidden: not the default version */
        return false;
    return same(o->strings + s->st_name, name);
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t h = 5381;
    for (; *name; name++)
        h = h * 33 + (unsigned char)*name;
    return h;
}

static uint32_t find_gnu(const struct elf_object *o, const char *name)
{
    uint32_t buckets = o->gnu_hash[0], first = o->gnu_hash[1], words = o->gnu_hash[2];
    const uint32_t *bucket = o->gnu_hash + 4 + words * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chain = bucket + buckets;
    uint32_t hash = gnu_hash_of(name);
    if (!buckets)
        return 0;
    uint32_t i = bucket[hash % buckets];
    if (i < first)
        return 0;
    for (;; i++) {
        uint32_t h = chain[i - first];
        if ((h | 1) == (hash | 1) && matches(o, i, name))
            return i;
        if (h & 1)
            return 0;
    }
}

static uint32_t find_sysv(const struct elf_object *o, const char *name)
{
    for (uint32_t i = 1; i < o->hash[1]; i++)
        if (matches(o, i, name))
            return i;
    return 0;
}

static uint32_t find_symbol(const struct elf_object *o, const char *name)
{
    return o->gnu_hash ? find_gnu(o, name) : find_sysv(o, name);
}

size_t elf_object_symbol_size(const struct elf_object *o, const char *name)
{
    uint32_t index = find_symbol(o, name);
    return index ? o->symbols[index].st_size : 0;
}

void *elf_object_symbol(const struct elf_object *o, const char *name)
{
    uint32_t index = find_symbol(o, name);
    if (!index)
        return NULL;
    void *address = (void *)(o->bias + o->symbols[index].st_value);
    if (ELF64_ST_TYPE(o->symbols[index].st_info) == STT_GNU_IFUNC)
        return ((void *(*)(void))address)();
    return address;
}

/* ---- what an object takes from others ---- */

ElfW(Xword) elf_dynamic_value(const struct elf_object *o, ElfW(Sxword) tag)
{
    for (const ElfW(Dyn) *d = o->dynamic; d->d_tag != DT_NULL; d++)
        if (d->d_tag == tag)
            return d->d_un.d_val;
    return 0;
}

static void visit_relocations(const struct elf_object *o, ElfW(Xword) table, ElfW(Xword) size,
    void (*visit)(void *self, const char *name, void **slot), void *self)
{
    const ElfW(Rela) *r = dynamic_pointer(o->bias, table);
    for (; size >= sizeof *r; r++, size -= sizeof *r) {
        const ElfW(Sym) *symbol = &o->symbols[ELF64_R_SYM(r->r_info)];
        unsigned type = ELF64_R_TYPE(r->r_info);
        if ((type == R_JUMP_SLOT || type == R_GLOB_DAT) && symbol->st_shndx == SHN_UNDEF)
            visit(self, o->strings + symbol->st_name, (void **)(o->bias + r->r_offset));
    }
}

void elf_imports(const struct elf_object *o,
    void (*visit)(void *self, const char *name, void **slot), void *self)
{
    if (elf_dynamic_value(o, DT_RELA))
        visit_relocations(
            o, elf_dynamic_value(o, DT_RELA), elf_dynamic_value(o, DT_RELASZ), visit, self);
    if (elf_dynamic_value(o, DT_JMPREL) && elf_dynamic_value(o, DT_PLTREL) == DT_RELA)
        visit_relocations(
            o, elf_dynamic_value(o, DT_JMPREL), elf_dynamic_value(o, DT_PLTRELSZ), visit, self);
}

bool elf_needs(const struct elf_object *o, const char *part)
{
    for (const ElfW(Dyn) *d = o->dynamic; d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_NEEDED && strstr(o->strings + d->d_un.d_val, part))
            return true;
    return false;
}

/* One walk over the loaded objects. */
struct walk {
    const char *name;
    const void *address;
    const char *needed;
    bool passed_self;
    struct elf_object object;
    void *found;
};

static const char own_object; /* its address lies in this object */

static bool is_self(const struct elf_object *o)
{
    return (uintptr_t)&own_object >= o->start && (uintptr_t)&own_object < o->end;
}

static int visit_next(struct dl_phdr_info *info, size_t size, void *data)
{
    struct walk *walk = data;
    if (!elf_object_read(&walk->object, info))
        return 0;
    if (is_self(&walk->object)) {
        walk->passed_self = true;
        return 0;
    }
    if (walk->passed_self)
        walk->found = elf_object_symbol(&walk->object, walk->name);
    return walk->found != NULL;
}

void *elf_next(const char *name)
{
    struct walk walk = {.name = name};
    dl_iterate_phdr(visit_next, &walk);
    return walk.found;
}

extern struct r_debug _r_debug __attribute__((weak)); /* glibc's loader has it */
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

void *elf_next_at_start(const char *name)
{
    bool passed_self = false;
    if (!&_r_debug)
        return elf_next(name);
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        struct elf_object object = {.bias = map->l_addr, .dynamic = map->l_ld};
        void *found = NULL;
        read_dynamic(&object);
        if (passed_self && object.symbols && object.strings && (object.gnu_hash || object.hash))
            found = elf_object_symbol(&object, name);
        if (found)
            return found;
        passed_self |= map->l_ld == _DYNAMIC;
    }
    return NULL;
}

static int visit_any(struct dl_phdr_info *info, size_t size, void *data)
{
    struct walk *walk = data;
    if (!elf_object_read(&walk->object, info) || is_self(&walk->object))
        return 0;
    walk->found = elf_object_symbol(&walk->object, walk->name);
    return walk->found != NULL;
}

void *elf_any(const char *name, struct elf_object *ret_object)
{
    struct walk walk = {.name = name};
    dl_iterate_phdr(visit_any, &walk);
    if (walk.found && ret_object)
        *ret_object = walk.object;
    return walk.found;
}

static int visit_address(struct dl_phdr_info *info, size_t size, void *data)
{
    struct walk *walk = data;
    uintptr_t address = (uintptr_t)walk->address;
    if (!elf_object_read(&walk->object, info))
        return 0;
    return address >= walk->object.start && address < walk->object.end;
}

bool elf_object_of(const void *address, struct elf_object *ret_object)
{
    struct walk walk = {.address = address};
    if (!dl_iterate_phdr(visit_address, &walk))
        return false;
    *ret_object = walk.object;
    return true;
}

static int visit_needed(struct dl_phdr_info *info, size_t size, void *data)
{
    struct walk *walk = data;
    if (!elf_object_read(&walk->object, info))
        return 0;
    const char *base = strrchr(walk->object.path, '/');
    base = base ? base + 1 : walk->object.path;
    return (walk->object.soname && strcmp(walk->object.soname, walk->needed) == 0) ||
           strcmp(base, walk->needed) == 0;
}

enum { SCOPE_MAX = 64 };

/* Appends what `from` needs and is loaded; duplicates cost little and are cut off by SCOPE_MAX. */
static unsigned append_needed(
    const struct elf_object *from, struct elf_object *scope, unsigned count)
{
    for (const ElfW(Dyn) *d = from->dynamic; d->d_tag != DT_NULL && count < SCOPE_MAX; d++) {
        struct walk walk = {.needed = from->strings + d->d_un.d_val};
        if (d->d_tag != DT_NEEDED || !dl_iterate_phdr(visit_needed, &walk))
            continue;
        bool known = false;
        for (unsigned i = 0; i < count; i++)
            known |= scope[i].start == walk.object.start;
        if (!known)
            scope[count++] = walk.object;
    }
    return count;
}

void *elf_in_scope(const struct elf_object *from, const char *name, struct elf_object *ret_object)
{
    struct elf_object scope[SCOPE_MAX];
    unsigned count = 1;
    scope[0] = *from;
    for (unsigned i = 0; i < count; i++) {
        if (!is_self(&scope[i])) {
            void *found = elf_object_symbol(&scope[i], name);
            if (found) {
                *ret_object = scope[i];
                return found;
            }
        }
        count = append_needed(&scope[i], scope, count);
    }
    return NULL;
}

void *elf_vdso(const char *name)
{
    uintptr_t base = getauxval(AT_SYSINFO_EHDR);
    if (!base)
        return NULL; /* valgrind hides it */
    const ElfW(Ehdr) *header = (const void *)base;
    const ElfW(Phdr) *phdr = (const void *)(base + header->e_phoff);
    struct dl_phdr_info info = {.dlpi_phdr = phdr, .dlpi_phnum = header->e_phnum, .dlpi_name = ""};
    struct elf_object object;
    for (int i = 0; i < header->e_phnum; i++)
        if (phdr[i].p_type == PT_LOAD) {
            info.dlpi_addr = base - phdr[i].p_vaddr + phdr[i].p_offset;
            break;
        }
    return elf_object_read(&object, &info) ? elf_object_symbol(&object, name) : NULL;
}
