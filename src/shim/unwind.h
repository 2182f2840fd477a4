/* Who called: return addresses of this thread, from the call frame information that compilers leave
 * for exceptions.
 *
 * Not libunwind, because that keeps a pipe open and writes to it: a service that closes all its
 * descriptors and opens new ones then finds libunwind's bytes in its own sockets. This here uses no
 * descriptor, no memory and no lock. */
#ifndef APMSHIM_SHIM_UNWIND_H
#define APMSHIM_SHIM_UNWIND_H

#include <stdint.h>

/* Once, before the first use. */
void unwind_init(void);
/* Where a frame begins on the stack: in words from some address near by, since the service's stack
 * may be small. FRAME_FAR: not known, or on another stack. */
typedef int32_t frame_place;
#define FRAME_FAR INT32_MAX

/* From the caller outwards; ends early where an object has no such information. Returns how many.
 * The function of addresses[i] has its frame on the stack from stacks[i] up to stacks[i + 1], in
 * words from base; there is room for one more of those. stacks may be NULL. */
unsigned unwind(void **addresses, frame_place *stacks, uintptr_t base, unsigned max);
/* Objects were unloaded: what is remembered of their code is void. */
void unwind_forget(void);

#endif
