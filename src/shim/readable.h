/* Reading memory that ought to be there. Each page is probed before it is read the first time, and
 * remembered: so this is for what an object that is alive refers to. */
#ifndef APMSHIM_SHIM_READABLE_H
#define APMSHIM_SHIM_READABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe.h"
#include "recorder.h"

enum { READABLE_PAGES = 1024 };
/* Pages known to be readable: their number + 1 at its remainder. */
extern _Atomic uintptr_t readable_pages[READABLE_PAGES];
bool memory_probe(uintptr_t address, size_t size);
void memory_forget(void);

/* Whether [address, address + size) can be read; false also if it is not aligned to 8. */
static inline bool memory_readable(uintptr_t address, size_t size)
{
    uintptr_t page = address / PAGE, last = (address + size - 1) / PAGE;
    uintptr_t known =
        atomic_load_explicit(&readable_pages[page % READABLE_PAGES], memory_order_relaxed);
    return likely(page == last && !(address & 7) && known == page + 1) ||
           memory_probe(address, size);
}

static inline uintptr_t memory_word(uintptr_t address)
{
    return *(const uintptr_t *)address;
}

static inline uint32_t memory_half(uintptr_t address)
{
    return *(const uint32_t *)address;
}

#endif
