/* Ids from content, alike in every process that has the same content. */
#ifndef APMSHIM_SHIM_HASH_H
#define APMSHIM_SHIM_HASH_H

#include <stdint.h>

/* One step of a 64-bit hash; not for input that somebody forges. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 32;
}

#endif
