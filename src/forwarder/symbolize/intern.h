/* One copy of each string, owned by the table until it is freed. Bounded. */
#ifndef APMSHIM_SYMBOLIZE_INTERN_H
#define APMSHIM_SYMBOLIZE_INTERN_H

#include <stddef.h>

struct interned;

/* All-zero is empty. */
struct intern {
    struct interned *table;
    size_t bytes;
};

/* The kept copy of s; fallback (which must be static or interned) for NULL and once the table is
 * full. */
const char *intern_add(struct intern *intern, const char *s, const char *fallback);
void intern_free(struct intern *intern);

#endif
