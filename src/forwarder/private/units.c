#include "private/units.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

static bool is_code(struct bytes b)
{
    return b.len >= 2 && isxdigit((unsigned char)b.data[0]) && isxdigit((unsigned char)b.data[1]);
}

/* Each "25" behind a percent sign is one that was encoded once more. Returns the bytes it takes. */
static size_t read_unit(struct bytes b, struct unit *ret)
{
    size_t n = 1;
    unsigned level = 0;
    ret->c = b.data[0];
    ret->level = 0;
    if (b.data[0] != '%')
        return 1;
    while (b.len - n >= 2 && b.data[n] == '2' && b.data[n + 1] == '5') {
        n += 2;
        level++;
    }
    if (is_code(bytes_skip(b, n))) {
        ret->c = (char)(hex(b.data[n]) << 4 | hex(b.data[n + 1]));
        n += 2;
        level++;
    }
    ret->level = (uint8_t)(level < UINT8_MAX ? level : UINT8_MAX);
    return n;
}

void units_read(struct units *units, struct bytes text)
{
    if (text.len > UINT32_MAX)
        text.len = UINT32_MAX;
    units->text = text;
    units->count = 0;
    units->items = units->few;
    if (text.len >= UNITS_FEW)
        units->items = xmalloc((text.len + 1) * sizeof *units->items);
    for (size_t at = 0; at < text.len; units->count++) {
        struct unit *unit = &units->items[units->count];
        unit->begin = (uint32_t)at;
        at += read_unit(bytes_skip(text, at), unit);
    }
    units->items[units->count] = (struct unit){(uint32_t)text.len, '\0', 0};
}

void units_free(struct units *units)
{
    if (units->items != units->few)
        free(units->items);
}
