#include "symbolize/dwarf.h"

#include <dwarf.h>
#include <stdlib.h>
#include <uthash.h>
#include "base/alloc.h"
#include "symbolize/dwarf_ranges.h"

/* Corrupt DWARF can have units, dies or scopes that lead back to themselves. */
enum { UNITS_MAX = 1 << 20, DIES_MAX = 4 << 20, NESTING_MAX = 64, SCOPES_MAX = 256 };

struct dwarf_unit {
    UT_hash_handle hh;
    const void *address; /* of the unit's die: the key */
    struct dwarf_ranges functions;
};

static void read_units(struct dwarf *dwarf, Dwfl_Module *module)
{
    dwarf->read = true;
    Dwarf *file = dwfl_module_getdwarf(module, &dwarf->bias);
    if (!file)
        return;
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    for (int i = 0; i < UNITS_MAX; i++) {
        if (dwarf_get_units(file, unit, &unit, NULL, NULL, &die, NULL) != 0)
            break;
        dwarf_ranges_add(&dwarf->units, &die, &die);
    }
    dwarf_ranges_sort(&dwarf->units);
}

static void collect_functions(
    struct dwarf_ranges *functions, Dwarf_Die *parent, int depth, int *dies_left)
{
    Dwarf_Die die;
    if (depth == NESTING_MAX || dwarf_child(parent, &die) != 0)
        return;
    do {
        switch (dwarf_tag(&die)) {
        case DW_TAG_subprogram:
            dwarf_ranges_add(functions, &die, &die);
            break;
        case DW_TAG_namespace:
        case DW_TAG_module:
        case DW_TAG_class_type:
        case DW_TAG_structure_type:
            collect_functions(functions, &die, depth + 1, dies_left);
            break;
        default:
            break;
        }
    } while (--*dies_left > 0 && dwarf_siblingof(&die, &die) == 0);
}

static struct dwarf_unit *unit_functions(struct dwarf *dwarf, Dwarf_Die *unit_die)
{
    struct dwarf_unit *unit;
    HASH_FIND_PTR(dwarf->functions_by_unit, &unit_die->addr, unit);
    if (unit)
        return unit;
    unit = xcalloc(1, sizeof(*unit));
    unit->address = unit_die->addr;
    HASH_ADD_PTR(dwarf->functions_by_unit, address, unit);
    Dwarf_Die split;
    int dies_left = DIES_MAX;
    /* With -gsplit-dwarf the functions are in a .dwo file, the lines here. */
    bool is_split =
        dwarf_cu_info(unit_die->cu, NULL, NULL, NULL, &split, NULL, NULL, NULL) == 0 && split.addr;
    collect_functions(&unit->functions, is_split ? &split : unit_die, 0, &dies_left);
    dwarf_ranges_sort(&unit->functions);
    return unit;
}

/* The scope directly in parent that covers the address; false if none. */
static bool next_scope(Dwarf_Die *parent, Dwarf_Addr address, Dwarf_Die *scope)
{
    if (dwarf_child(parent, scope) != 0)
        return false;
    int dies_left = DIES_MAX;
    do {
        int tag = dwarf_tag(scope);
        if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block) &&
            dwarf_haspc(scope, address) == 1)
            return true;
    } while (--dies_left > 0 && dwarf_siblingof(scope, scope) == 0);
    return false;
}

/* The function and what is inlined into it at the address, outermost first. */
static size_t inlined_chain(Dwarf_Die *function, Dwarf_Addr address, Dwarf_Die *chain, size_t max)
{
    Dwarf_Die parent = *function, scope;
    size_t count = 0;
    chain[count++] = *function;
    for (int i = 0; i < SCOPES_MAX && count < max && next_scope(&parent, address, &scope); i++) {
        if (dwarf_tag(&scope) == DW_TAG_inlined_subroutine)
            chain[count++] = scope;
        parent = scope;
    }
    return count;
}

static const char *string_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

/* In C the linkage name is an alias at best (glibc's __GI_read), so only mangled ones are of use.
 */
static const char *function_name(Dwarf_Die *die)
{
    const char *linkage = string_attribute(die, DW_AT_linkage_name);
    if (!linkage)
        linkage = string_attribute(die, DW_AT_MIPS_linkage_name);
    const char *name = string_attribute(die, DW_AT_name);
    return linkage && (!name || (linkage[0] == '_' && (linkage[1] == 'Z' || linkage[1] == 'R')))
               ? linkage
               : name;
}

static void set_line(struct dwarf_call *call, Dwarf_Die *unit, Dwarf_Addr address)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, address);
    if (!line)
        return;
    call->file = dwarf_linesrc(line, NULL, NULL);
    if (dwarf_lineno(line, &call->line) != 0 || call->line < 0)
        call->line = 0;
}

static Dwarf_Word number_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    return dwarf_formudata(dwarf_attr(die, name, &attribute), &value) == 0 ? value : 0;
}

/* Where the inlined function was called. */
static void set_call_site(struct dwarf_call *call, Dwarf_Die *unit, Dwarf_Die *inlined)
{
    Dwarf_Files *files;
    Dwarf_Word file = number_attribute(inlined, DW_AT_call_file);
    Dwarf_Word line = number_attribute(inlined, DW_AT_call_line);
    if (dwarf_getsrcfiles(unit, &files, NULL) == 0)
        call->file = dwarf_filesrc(files, file, NULL, NULL);
    call->line = line <= INT32_MAX ? (int)line : 0;
}

size_t dwarf_calls(struct dwarf *dwarf, Dwfl_Module *module, uint64_t address,
    struct dwarf_call *calls, size_t max)
{
    if (!dwarf->read)
        read_units(dwarf, module);
    address -= dwarf->bias;
    Dwarf_Die *unit = dwarf_ranges_find(&dwarf->units, address);
    if (!unit || max == 0)
        return 0;
    Dwarf_Die chain[DWARF_CALLS_MAX];
    Dwarf_Die *function = dwarf_ranges_find(&unit_functions(dwarf, unit)->functions, address);
    size_t limit = max < DWARF_CALLS_MAX ? max : DWARF_CALLS_MAX;
    size_t count = function ? inlined_chain(function, address, chain, limit) : 0;
    const char *comp_dir = string_attribute(unit, DW_AT_comp_dir);
    calls[0] = (struct dwarf_call){.comp_dir = comp_dir};
    set_line(&calls[0], unit, address);
    for (size_t i = 0; i < count; i++) {
        Dwarf_Die *die = &chain[count - 1 - i];
        if (i > 0) {
            calls[i] = (struct dwarf_call){.comp_dir = comp_dir};
            set_call_site(&calls[i], unit, &chain[count - i]);
        }
        calls[i].function = function_name(die);
    }
    return count ? count : calls[0].file != NULL;
}

void dwarf_free(struct dwarf *dwarf)
{
    struct dwarf_unit *unit;
    while ((unit = dwarf->functions_by_unit)) {
        HASH_DEL(dwarf->functions_by_unit, unit);
        free(unit->functions.items);
        free(unit);
    }
    free(dwarf->units.items);
    *dwarf = (struct dwarf){0};
}
