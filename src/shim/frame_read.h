/* Numbers and pointers as DWARF and .eh_frame write them; each advances the cursor behind itself.
 */
#ifndef APMSHIM_SHIM_FRAME_READ_H
#define APMSHIM_SHIM_FRAME_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    ENCODING_ABSOLUTE = 0x00,
    ENCODING_UDATA4 = 0x03,
    ENCODING_UDATA8 = 0x04,
    ENCODING_SDATA4 = 0x0b,
    ENCODING_SDATA8 = 0x0c,
    ENCODING_PC_RELATIVE = 0x10,
};

static inline uint64_t read_fixed(const uint8_t **at, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, *at, size); /* little-endian, as all processors that are supported */
    *at += size;
    return value;
}

static inline uint64_t read_uleb(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = *(*at)++;
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

static inline int64_t read_sleb(const uint8_t **at)
{
    const uint8_t *start = *at;
    uint64_t value = read_uleb(at);
    unsigned bits = 7 * (unsigned)(*at - start);
    bool negative = (*at)[-1] & 0x40;
    return (int64_t)(negative && bits < 64 ? value | ~UINT64_C(0) << bits : value);
}

static inline size_t encoded_size(uint8_t encoding)
{
    switch (encoding & 0x0f) {
    case ENCODING_UDATA4:
    case ENCODING_SDATA4:
        return 4;
    case ENCODING_ABSOLUTE:
    case ENCODING_UDATA8:
    case ENCODING_SDATA8:
        return 8;
    default:
        return 0;
    }
}

/* False: an encoding that code addresses do not have. */
static inline bool read_pointer(const uint8_t **at, uint8_t encoding, uintptr_t *ret_value)
{
    uintptr_t base = (uintptr_t)*at;
    size_t size = encoded_size(encoding);
    if (!size || (encoding & 0xf0 & ~ENCODING_PC_RELATIVE))
        return false;
    uint64_t value = read_fixed(at, size);
    if ((encoding & 0x0f) == ENCODING_SDATA4)
        value = (uint64_t)(int64_t)(int32_t)value;
    *ret_value = (uintptr_t)value + (encoding & ENCODING_PC_RELATIVE ? base : 0);
    return true;
}

#endif
