/* libpq's functions asked for by name: what dlsym and rebound references are given. */
#include "hooks.h"

#include <string.h>

#include "elf.h"
#include "recorder.h"

void *libpq_hook(const char *name)
{
    static const struct {
        const char *name;
        void *hook;
    } rows[] = {
#define PQ_ROW(type, missing, name, params, args) {#name, (void *)name},
#include "interpose.def"
    };
    bool theirs = (name[0] == 'P' && name[1] == 'Q') || (name[0] == 'l' && name[1] == 'o');
    if (likely(!theirs))
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].hook;
    return NULL;
}

static bool in_object(const void *address, const struct elf_object *object)
{
    return (uintptr_t)address >= object->start && (uintptr_t)address < object->end;
}

/* A pointer got from dlsym may be called from anywhere. Ours is given only for the libpq that
 * unknown callers are taken to mean, and to those that need no other. */
static bool is_everybodys(const void *found, const void *caller)
{
    struct elf_object first, calling, theirs;
    if (!elf_any("PQexec", &first) || !in_object(found, &first))
        return false;
    return !elf_object_of(caller, &calling) || !elf_in_scope(&calling, "PQexec", &theirs) ||
           theirs.start == first.start;
}

bool libpq_exports(const char *name)
{
    struct elf_object own;
    return elf_object_of((const void *)(uintptr_t)libpq_exports, &own) &&
           elf_object_symbol(&own, name);
}

bool libpq_answers(const void *hook, const void *found, const char *name, const void *caller)
{
    struct elf_object own, calling, theirs;
    if (!found || !elf_object_of(hook, &own))
        return false;
    if (!in_object(found, &own))
        return is_everybodys(found, caller);
    /* The caller's whole scope was searched, and we are first in it. */
    return elf_object_of(caller, &calling) && elf_in_scope(&calling, name, &theirs);
}
