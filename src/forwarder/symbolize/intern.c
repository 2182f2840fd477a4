#include "symbolize/intern.h"

#include <string.h>
#include <uthash.h>
#include "base/alloc.h"

/* Distinct names are bounded by the programs traced; this bounds a program that invents them. */
enum { INTERN_BYTES_MAX = 48 << 20 };

struct interned {
    UT_hash_handle hh;
    char text[];
};

static const char *keep_copy(struct intern *intern, const char *s, size_t len)
{
    struct interned *item = xmalloc(sizeof(*item) + len + 1);
    memcpy(item->text, s, len + 1);
    HASH_ADD_KEYPTR(hh, intern->table, item->text, len, item);
    intern->bytes += sizeof(*item) + len + 1;
    return item->text;
}

const char *intern_add(struct intern *intern, const char *s, const char *fallback)
{
    if (!s)
        return fallback;
    struct interned *found;
    size_t len = strlen(s);
    HASH_FIND(hh, intern->table, s, len, found);
    if (found)
        return found->text;
    return intern->bytes + len > INTERN_BYTES_MAX ? fallback : keep_copy(intern, s, len);
}

void intern_free(struct intern *intern)
{
    struct interned *item;
    while ((item = intern->table)) {
        HASH_DEL(intern->table, item);
        free(item);
    }
    intern->bytes = 0;
}
