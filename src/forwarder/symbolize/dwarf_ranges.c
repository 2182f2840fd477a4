#include "symbolize/dwarf_ranges.h"

#include <stdlib.h>
#include "base/alloc.h"

enum { RANGES_MAX = 2 << 20, RANGES_PER_DIE_MAX = 65536, OVERLAPS_MAX = 16 };

static void add_range(
    struct dwarf_ranges *ranges, Dwarf_Addr low, Dwarf_Addr high, const Dwarf_Die *value)
{
    if (low >= high || low == 0 || ranges->count == RANGES_MAX)
        return; /* 0: code that the linker dropped */
    if (ranges->count == ranges->cap) {
        ranges->cap = ranges->cap ? 2 * ranges->cap : 64;
        ranges->items = xrealloc(ranges->items, ranges->cap * sizeof(*ranges->items));
    }
    ranges->items[ranges->count++] = (struct dwarf_range){low, high, *value};
}

void dwarf_ranges_add(struct dwarf_ranges *ranges, Dwarf_Die *die, Dwarf_Die *value)
{
    ptrdiff_t at = 0;
    Dwarf_Addr base, low, high;
    for (int i = 0; i < RANGES_PER_DIE_MAX; i++) {
        at = dwarf_ranges(die, at, &base, &low, &high);
        if (at <= 0)
            break;
        add_range(ranges, low, high, value);
    }
}

static int compare_ranges(const void *left, const void *right)
{
    const struct dwarf_range *a = left, *b = right;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return a->high != b->high ? (a->high > b->high ? -1 : 1) : 0;
}

void dwarf_ranges_sort(struct dwarf_ranges *ranges)
{
    if (ranges->count > 0)
        qsort(ranges->items, ranges->count, sizeof(*ranges->items), compare_ranges);
}

Dwarf_Die *dwarf_ranges_find(const struct dwarf_ranges *ranges, Dwarf_Addr address)
{
    size_t low = 0, high = ranges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->items[middle].low <= address)
            low = middle + 1;
        else
            high = middle;
    }
    for (int i = 0; i < OVERLAPS_MAX && low > 0; i++) {
        struct dwarf_range *range = &ranges->items[--low];
        if (address < range->high)
            return &range->die;
    }
    return NULL;
}
