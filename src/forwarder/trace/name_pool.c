#include "trace/name_pool.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/alloc.h"

enum { NAMES_DEFAULT = 1000 };

struct name {
    UT_hash_handle hh;
    char text[];
};

struct name_pool {
    size_t limit;
    struct name *names;
};

struct name_pool *name_pool_new(size_t limit)
{
    struct name_pool *pool = xcalloc(1, sizeof *pool);
    pool->limit = limit ? limit : NAMES_DEFAULT;
    return pool;
}

const char *name_pool_admit(struct name_pool *pool, const char *text, const char *overflow)
{
    size_t len = strlen(text);
    struct name *name;
    HASH_FIND(hh, pool->names, text, len, name);
    if (name)
        return name->text;
    if (HASH_COUNT(pool->names) >= pool->limit)
        return overflow;
    name = xcalloc(1, sizeof *name + len + 1);
    memcpy(name->text, text, len);
    HASH_ADD(hh, pool->names, text[0], len, name);
    return name->text;
}

void name_pool_free(struct name_pool *pool)
{
    struct name *name;
    if (!pool)
        return;
    while ((name = pool->names)) {
        HASH_DEL(pool->names, name);
        free(name);
    }
    free(pool);
}
