/* Symbols of loaded objects, read from memory: no dlsym (which lives in libdl before glibc 2.34,
 * may allocate, and cannot see objects opened RTLD_LOCAL), and no dl_iterate_phdr, whose lock a
 * forked child may find taken for ever. Not for the hot path. */
#ifndef APMSHIM_SHIM_ELF_H
#define APMSHIM_SHIM_ELF_H

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_object {
    const struct link_map *map; /* the loader's entry of it; NULL: it has none */
    uintptr_t bias;
    uintptr_t start, end; /* addresses mapped */
    const char *path;     /* the loader's name of it */
    const ElfW(Dyn) * dynamic;
    const ElfW(Sym) * symbols;
    const char *strings, *soname;
    const uint32_t *gnu_hash, *hash;
    const uint16_t *versions;
};

/* Reads the tables that the dynamic section names, at bias and dynamic; false: not all are there.
 */
bool elf_object_read(struct elf_object *object);
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

/* ---- loaded.c: which objects there are ---- */

/* Visits the objects in load order, until visit returns true. No lock is taken: each is known to be
 * loaded just before it is visited. Returns whether one visit returned true. */
bool elf_each(bool (*visit)(const struct elf_object *object, void *data), void *data);
/* Says which objects are loaded where; alike in processes that were forked alike; 0: not now. */
uint64_t elf_mark(void);
/* Around every look. While another thread unloads the look begins a moment later. */
void elf_look_begin(void);
void elf_look_end(void);
/* Before and after what needs no answer now: false while another thread unloads. What it may unload
 * is not looked at then. */
bool elf_calm_begin(void);
void elf_calm_end(void);
/* Around dlclose. Waits for others who look, for a moment at most, as the loader itself would. */
void elf_unload_begin(void);
void elf_unload_end(void);
/* In a forked child: nobody else is here. */
void elf_forked(void);
/* Another thread was unloading when this process was forked: for ever after, what the loader says
 * is loaded may be gone. */
bool elf_half_unloaded(void);
/* Whether the object is there still. Reads nothing of it. */
bool elf_is_loaded(const struct elf_object *object);
/* The object an address lies in. The strings live as long as the object stays loaded. */
bool elf_object_of(const void *address, struct elf_object *ret_object);
/* Its program headers; NULL: they are nowhere to be found. */
const ElfW(Phdr) * elf_headers(const struct elf_object *object, unsigned *ret_count);
/* Whether it is this one. */
bool elf_is_self(const struct elf_object *object);

/* The definition that the next object after this one in load order holds, as RTLD_NEXT. Calls
 * nothing of libc that a sanitizer may have replaced. */
void *elf_next(const char *name);
/* The first definition anywhere but in this object. */
void *elf_any(const char *name, struct elf_object *ret_object);
/* The definition that an object would find in its own scope: itself, then what it needs, breadth
 * first. */
void *elf_in_scope(const struct elf_object *from, const char *name, struct elf_object *ret_object);
/* A function of the kernel's vdso, or NULL. */
void *elf_vdso(const char *name);

#endif
