#include "export/utf8.h"

#include <stdbool.h>

/* What may follow which lead byte: Unicode 15, table 3-7. */
static bool lead(unsigned char c, size_t *ret_len, unsigned char *ret_low, unsigned char *ret_high)
{
    *ret_low = 0x80;
    *ret_high = 0xbf;
    if (c >= 0xc2 && c <= 0xdf) {
        *ret_len = 2;
    } else if (c >= 0xe0 && c <= 0xef) {
        *ret_len = 3;
        if (c == 0xe0)
            *ret_low = 0xa0; /* shorter forms exist */
        if (c == 0xed)
            *ret_high = 0x9f; /* surrogates */
    } else if (c >= 0xf0 && c <= 0xf4) {
        *ret_len = 4;
        if (c == 0xf0)
            *ret_low = 0x90;
        if (c == 0xf4)
            *ret_high = 0x8f; /* beyond U+10FFFF */
    } else {
        return false;
    }
    return true;
}

/* Bytes of the sequence at s that are as they must be; *ret_len is what it promises. */
static size_t good_bytes(const unsigned char *s, size_t n, size_t *ret_len)
{
    unsigned char low, high;
    size_t i = 1;
    if (!lead(s[0], ret_len, &low, &high)) {
        *ret_len = 0;
        return 1;
    }
    while (i < *ret_len && i < n && s[i] >= low && s[i] <= high) {
        low = 0x80;
        high = 0xbf;
        i++;
    }
    return i;
}

size_t utf8_char(const char *text, size_t n, uint32_t *ret_code)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t len;
    if (s[0] < 0x80) {
        *ret_code = s[0];
        return 1;
    }
    if (good_bytes(s, n, &len) != len)
        return 0;
    uint32_t code = s[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (s[i] & 0x3f);
    *ret_code = code;
    return len;
}

size_t utf8_bad(const char *s, size_t n)
{
    size_t len;
    return good_bytes((const unsigned char *)s, n, &len);
}
