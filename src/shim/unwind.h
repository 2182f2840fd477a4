/* Who called: return addresses of this thread, from the call frame information that compilers leave
 * for exceptions.
 *
 * Not libunwind, because that keeps a pipe open and writes to it: a service that closes all its
 * descriptors and opens new ones then finds libunwind's bytes in its own sockets. This here uses no
 * descriptor, no memory, and no lock except the loader's where glibc is older than 2.35. */
#ifndef APMSHIM_SHIM_UNWIND_H
#define APMSHIM_SHIM_UNWIND_H

#include <stdint.h>

/* Once, before the first use. */
void unwind_init(void);
/* From the caller outwards; ends early where an object has no such information. Returns how many.
 * The function of addresses[i] has its frame on the stack from stacks[i] up to stacks[i + 1]; there
 * is room for one more of those, UINTPTR_MAX where the end is not known. */
unsigned unwind(void **addresses, uintptr_t *stacks, unsigned max);
/* Objects were unloaded: what is remembered of their code is void. */
void unwind_forget(void);

#endif
