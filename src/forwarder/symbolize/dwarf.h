/* What DWARF says of one address: the function, the calls inlined into it, files and lines. */
#ifndef APMSHIM_SYMBOLIZE_DWARF_H
#define APMSHIM_SYMBOLIZE_DWARF_H

#include <elfutils/libdwfl.h>
#include <stddef.h>
#include <stdint.h>

enum { DWARF_CALLS_MAX = 64 };

/* One function active at the address. Strings belong to the Dwfl_Module; NULL is unknown. */
struct dwarf_call {
    const char *function; /* linkage name, else the plain one */
    const char *file;     /* as DWARF has it, perhaps relative to comp_dir */
    const char *comp_dir;
    int line; /* 0: unknown */
};

struct dwarf_range {
    Dwarf_Addr low, high;
    Dwarf_Die die;
};

struct dwarf_ranges {
    struct dwarf_range *items;
    size_t count, cap;
};

struct dwarf_unit;

/* Indexes made as they are needed. All-zero is valid. */
struct dwarf {
    bool read;
    Dwarf_Addr bias;
    struct dwarf_ranges units;
    struct dwarf_unit *functions_by_unit;
};

/* Writes the calls at address (in the module's address space), innermost first; at most max.
 * Returns how many: 0 without debug information. */
size_t dwarf_calls(struct dwarf *dwarf, Dwfl_Module *module, uint64_t address,
    struct dwarf_call *calls, size_t max);
void dwarf_free(struct dwarf *dwarf);

#endif
