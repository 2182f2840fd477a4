/* Ids from content, alike in every process that has the same content. */
#ifndef APMSHIM_SHIM_HASH_H
#define APMSHIM_SHIM_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One step of a 64-bit hash; not for input that somebody forges. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 32;
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
    const char *at = bytes;
    uint64_t word;
    hash = hash_mix(hash, len);
    for (; len >= 8; len -= 8, at += 8) {
        memcpy(&word, at, 8);
        hash = hash_mix(hash, word);
    }
    word = 0;
    memcpy(&word, at, len);
    return hash_mix(hash, word);
}

#endif
