/* Symbols of loaded objects, read from memory: no dlsym (which lives in libdl before glibc 2.34,
 * may allocate, and cannot see objects opened RTLD_LOCAL). Takes the loader's lock for the duration
 * of a call, as dl_iterate_phdr does; so not for the hot path. */
#ifndef APMSHIM_SHIM_ELF_H
#define APMSHIM_SHIM_ELF_H

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_object {
    uintptr_t bias;
    uintptr_t start, end; /* addresses mapped */
    const char *path;     /* the loader's name of it */
    const ElfW(Dyn) * dynamic;
    const ElfW(Sym) * symbols;
    const char *strings, *soname;
    const uint32_t *gnu_hash, *hash;
    const uint16_t *versions;
};

/* Reads what dl_iterate_phdr tells of one object; false if it has no dynamic section. */
bool elf_object_read(struct elf_object *object, const struct dl_phdr_info *info);
/* Default version of a defined function, or NULL. */
void *elf_object_symbol(const struct elf_object *object, const char *name);
/* Calls visit for each slot that holds, or will hold, the address of a function or variable that
 * the object takes from others. */
void elf_imports(const struct elf_object *object,
    void (*visit)(void *self, const char *name, void **slot), void *self);
/* An entry of its dynamic section; 0: it has none. */
ElfW(Xword) elf_dynamic_value(const struct elf_object *object, ElfW(Sxword) tag);
/* Whether the object needs a library with this in its name. */
bool elf_needs(const struct elf_object *object, const char *part);
/* Its length in bytes as the table tells it, 0: not defined. */
size_t elf_object_symbol_size(const struct elf_object *object, const char *name);
/* The object an address lies in. The strings live as long as the object stays loaded. */
bool elf_object_of(const void *address, struct elf_object *ret_object);

/* The definition that the next object after this one in load order holds, as RTLD_NEXT. */
void *elf_next(const char *name);
/* The same without a call of libc and without the loader's lock: for the time before constructors
 * have run, when a sanitizer's own functions of libc do not work yet. */
void *elf_next_at_start(const char *name);
/* The first definition anywhere but in this object. */
void *elf_any(const char *name, struct elf_object *ret_object);
/* The definition that an object would find in its own scope: itself, then what it needs, breadth
 * first. */
void *elf_in_scope(const struct elf_object *from, const char *name, struct elf_object *ret_object);
/* A function of the kernel's vdso, or NULL. */
void *elf_vdso(const char *name);

#endif
