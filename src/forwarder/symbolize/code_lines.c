#include "symbolize/code_lines.h"

#include <limits.h>
#include "wire/record.h"

static int checked(int64_t line)
{
    return line > 0 && line <= INT_MAX ? (int)line : 0;
}

/* Pairs of bytes: so many bytes of instructions further on the line rises by (signed) so many. */
static int line_in_lnotab(const struct line_table *t, uint32_t position)
{
    int64_t line = t->first_line;
    uint64_t address = 0;
    for (size_t i = 0; i + 1 < t->len; i += 2) {
        address += t->bytes[i];
        if (address > position)
            break;
        line += (int8_t)t->bytes[i + 1];
    }
    return checked(line);
}

/* Pairs of bytes: a range of so many bytes of instructions, whose line is (signed) so many more
 * than the last range's; -128: it has none. */
static int line_in_lines(const struct line_table *t, uint32_t position)
{
    int64_t line = t->first_line;
    uint64_t end = 0;
    for (size_t i = 0; i + 1 < t->len; i += 2) {
        int8_t delta = (int8_t)t->bytes[i + 1];
        end += t->bytes[i];
        if (delta != -128)
            line += delta;
        if (position < end)
            return delta == -128 ? 0 : checked(line);
    }
    return 0;
}

/* Six bits a byte, the lowest first; 64 means that more follow. */
static uint32_t read_number(const uint8_t **at, const uint8_t *end)
{
    uint32_t value = 0;
    for (unsigned shift = 0; *at < end; shift += 6) {
        uint8_t byte = *(*at)++;
        value |= shift < 32 ? (uint32_t)(byte & 63) << shift : 0;
        if (!(byte & 64))
            break;
    }
    return value;
}

static int64_t read_signed(const uint8_t **at, const uint8_t *end)
{
    uint32_t value = read_number(at, end);
    return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

/* Entries that begin with a byte of bit 7 set: kind and length in units of two bytes. Kinds to 9
 * stay on the line, 10 to 12 rise by 0 to 2, 13 and 14 say by how much, 15 has no line. */
static int line_in_locations(const struct line_table *t, uint32_t position)
{
    enum { ONE_LINE_FIRST = 10, NO_COLUMNS = 13, LONG = 14, NONE = 15 };
    const uint8_t *at = t->bytes, *end = at + t->len;
    int64_t line = t->first_line;
    uint64_t range_end = 0;
    while (at < end) {
        unsigned kind = *at >> 3 & 15;
        range_end += ((*at & UINT64_C(7)) + 1) * 2;
        at++;
        if (kind == NO_COLUMNS || kind == LONG)
            line += read_signed(&at, end);
        else if (kind >= ONE_LINE_FIRST && kind < NO_COLUMNS)
            line += kind - ONE_LINE_FIRST;
        if (position < range_end)
            return kind == NONE ? 0 : checked(line);
        while (at < end && !(*at & 0x80))
            at++;
    }
    return 0;
}

int code_line(const struct line_table *table, uint32_t position)
{
    switch ((enum code_language)table->language) {
    case CODE_PYTHON_LNOTAB:
        return line_in_lnotab(table, position);
    case CODE_PYTHON_LINES:
        return line_in_lines(table, position);
    case CODE_PYTHON_LOCATIONS:
        return line_in_locations(table, position);
    case CODE_PHP:
        return checked(position);
    case CODE_UNKNOWN:
        break;
    }
    return 0;
}
