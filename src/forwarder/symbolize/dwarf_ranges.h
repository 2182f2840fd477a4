/* Dies by the addresses they cover. Works without .debug_aranges, which clang leaves out. */
#ifndef APMSHIM_SYMBOLIZE_DWARF_RANGES_H
#define APMSHIM_SYMBOLIZE_DWARF_RANGES_H

#include "symbolize/dwarf.h"

/* Adds what the die covers; a die without code adds nothing. */
void dwarf_ranges_add(struct dwarf_ranges *ranges, Dwarf_Die *die, Dwarf_Die *value);
/* Must be called once between adding and finding. */
void dwarf_ranges_sort(struct dwarf_ranges *ranges);
/* NULL: nothing covers the address. */
Dwarf_Die *dwarf_ranges_find(const struct dwarf_ranges *ranges, Dwarf_Addr address);

#endif
