#include "symbolize/rust_text.h"

#include <ctype.h>
#include <string.h>

/* Of RFC 3492, section 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST = 128 };
enum { CHARACTERS_MAX = 128 };

bool rust_add_character(uint32_t c, struct buf *out)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    if (c < 0x80) {
        buf_putc(out, (char)c);
        return true;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    buf_putc(out, (char)(first[more] | c >> (6 * more)));
    while (more--)
        buf_putc(out, (char)(0x80 | (c >> (6 * more) & 0x3f)));
    return true;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    for (delta += delta / points; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static int digit_of(char c)
{
    return islower((unsigned char)c) ? c - 'a' : isdigit((unsigned char)c) ? c - '0' + 26 : -1;
}

/* One variable-length number, added to *i. */
static bool read_delta(struct bytes *text, uint32_t bias, uint32_t *i)
{
    for (uint32_t w = 1, k = BASE;; k += BASE) {
        int digit = text->len ? digit_of(text->data[0]) : -1;
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias, step;
        if (digit < 0 || __builtin_mul_overflow((uint32_t)digit, w, &step) ||
            __builtin_add_overflow(*i, step, i))
            return false;
        *text = bytes_skip(*text, 1);
        if ((uint32_t)digit < t)
            return true;
        if (__builtin_mul_overflow(w, BASE - t, &w))
            return false;
    }
}

bool rust_add_punycode(struct bytes text, struct buf *out)
{
    uint32_t all[CHARACTERS_MAX], count = 0, n = FIRST, bias = FIRST_BIAS, i = 0;
    const char *delimiter = text.len ? memrchr(text.data, '_', text.len) : NULL;
    size_t basic = delimiter ? (size_t)(delimiter - text.data) : 0;
    if (basic >= CHARACTERS_MAX)
        return false;
    for (size_t k = 0; k < basic; k++)
        all[count++] = (unsigned char)text.data[k];
    if (delimiter)
        text = bytes_skip(text, basic + 1);
    while (text.len) {
        uint32_t before = i;
        if (count == CHARACTERS_MAX || !read_delta(&text, bias, &i))
            return false;
        count++;
        bias = adapt(i - before, count, before == 0);
        if (__builtin_add_overflow(n, i / count, &n))
            return false;
        i %= count;
        memmove(&all[i + 1], &all[i], (count - 1 - i) * sizeof *all);
        all[i++] = n;
    }
    for (uint32_t k = 0; k < count; k++)
        if (!rust_add_character(all[k], out))
            return false;
    return true;
}
