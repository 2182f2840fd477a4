#include "readable.h"

_Atomic uintptr_t readable_pages[READABLE_PAGES];

static bool probe(uintptr_t page)
{
    _Atomic uintptr_t *slot = &readable_pages[page % READABLE_PAGES];
    if (atomic_load_explicit(slot, memory_order_relaxed) == page + 1)
        return true;
    if (!probe_page(page * PAGE))
        return false;
    atomic_store_explicit(slot, page + 1, memory_order_relaxed);
    return true;
}

bool memory_probe(uintptr_t address, size_t size)
{
    uintptr_t last = (address + size - 1) / PAGE;
    if (address & 7 || address < PAGE || address >> 56 || size >> 40)
        return false;
    for (uintptr_t page = address / PAGE; page <= last; page++)
        if (!probe(page))
            return false;
    return true;
}

void memory_forget(void)
{
    for (unsigned i = 0; i < READABLE_PAGES; i++)
        atomic_store_explicit(&readable_pages[i], 0, memory_order_relaxed);
}
