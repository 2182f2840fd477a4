/* Between the exported names, in interpose.c, and what finds their definitions, in real.c.
 *
 * Each name of libc has a stub of a few instructions that leaves every register but the two that
 * any call through a library's table may change, and the stack, as they were: the name may be
 * another's, with arguments and a result that we know nothing of. */
#ifndef APMSHIM_SHIM_INTERPOSE_H
#define APMSHIM_SHIM_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>

struct interposed {
    const char *name;
    void *hook;
    void **real; /* where hooks call the C library's; NULL: none does */
};

/* In the order of the stubs. */
extern const struct interposed interposed_names[];
extern const size_t interposed_count;

/* Where a stub jumps to if it looks at the descriptor or the streams and nothing is recorded there,
 * and else. Both the same where the name is another's. NULL: not known yet. */
extern void *interpose_pass[], *interpose_hooks[];
/* Descriptors from here on are not looked at: none before the tables are filled. */
extern unsigned interpose_limit;

/* Whether the object has libc's functions: it is part of the C library or a sanitizer's run-time,
 * which takes its place, whether it was linked or preloaded. */
struct elf_object;
bool stands_for_libc(const struct elf_object *object);

/* Called by a stub that finds its entry empty. False: this object has not been relocated. */
bool interpose_prepare(void);

#endif
