/* Reading the symbol tables of loaded objects (System V ABI; GNU hash as glibc's loader reads it).
 */
#include "elf.h"

#include <string.h>

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

bool elf_object_read(struct elf_object *o)
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
