#include "symbolize/symtab.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

enum { SYMBOLS_MAX = 4 << 20, OVERLAPS_MAX = 16 };

static int symbol_rank(const GElf_Sym *sym, const char *name)
{
    int binding = GELF_ST_BIND(sym->st_info);
    int rank = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 4 : 8;
    return rank + (int)strspn(name, "_");
}

/* Symbols without a size are refused: everything behind the last of them would bear its name. */
static bool is_function(const GElf_Sym *sym, GElf_Word section, const char *name)
{
    int type = GELF_ST_TYPE(sym->st_info);
    return name && *name && section != SHN_UNDEF && sym->st_size > 0 &&
           (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

static int compare_symbols(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->rank != b->rank ? a->rank - b->rank : strcmp(a->name, b->name);
}

static void add_symbol(struct symtab *symtab, Dwfl_Module *module, int i)
{
    GElf_Sym sym;
    GElf_Addr address;
    GElf_Word section;
    const char *name = dwfl_module_getsym_info(module, i, &sym, &address, &section, NULL, NULL);
    if (!name || !is_function(&sym, section, name) || address + sym.st_size < address)
        return;
    symtab->items[symtab->count++] =
        (struct symbol){address, address + sym.st_size, name, symbol_rank(&sym, name)};
}

static void symtab_read(struct symtab *symtab, Dwfl_Module *module)
{
    symtab->read = true;
    int total = dwfl_module_getsymtab(module);
    if (total <= 0)
        return;
    if (total > SYMBOLS_MAX)
        total = SYMBOLS_MAX;
    symtab->items = xcalloc((size_t)total, sizeof(*symtab->items));
    for (int i = 0; i < total; i++)
        add_symbol(symtab, module, i);
    qsort(symtab->items, symtab->count, sizeof(*symtab->items), compare_symbols);
}

/* How many symbols start at or before the address. */
static size_t symbols_up_to(const struct symtab *symtab, uint64_t address)
{
    size_t low = 0, high = symtab->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (symtab->items[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *symtab_find(struct symtab *symtab, Dwfl_Module *module, uint64_t address)
{
    if (!symtab->read)
        symtab_read(symtab, module);
    size_t at = symbols_up_to(symtab, address);
    const struct symbol *best = NULL;
    for (int i = 0; i < OVERLAPS_MAX && at > 0; i++) {
        const struct symbol *symbol = &symtab->items[--at];
        if (best && symbol->start != best->start)
            break;
        if (address < symbol->end)
            best = symbol; /* the same start sorts by rank, so going back finds better ones */
    }
    return best ? best->name : NULL;
}

void symtab_free(struct symtab *symtab)
{
    free(symtab->items);
    *symtab = (struct symtab){0};
}
