/* The functions in an object's ELF symbol tables, sorted once so that a lookup is a binary search.
 */
#ifndef APMSHIM_SYMBOLIZE_SYMTAB_H
#define APMSHIM_SYMBOLIZE_SYMTAB_H

#include <elfutils/libdwfl.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
    uint64_t start, end;
    const char *name; /* belongs to the Dwfl_Module */
    int rank;         /* which of several names for one address to prefer: the lowest */
};

/* All-zero is valid and not read yet. */
struct symtab {
    struct symbol *items;
    size_t count;
    bool read;
};

/* The name of the function around address (in the module's address space), or NULL. */
const char *symtab_find(struct symtab *symtab, Dwfl_Module *module, uint64_t address);
void symtab_free(struct symtab *symtab);

#endif
