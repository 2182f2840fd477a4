/* One ELF file that processes had mapped, named by its path and build id; opened when first needed.
 */
#ifndef APMSHIM_SYMBOLIZE_OBJECT_H
#define APMSHIM_SYMBOLIZE_OBJECT_H

#include <sys/stat.h>
#include <uthash.h>
#include "symbolize/debugfile.h"
#include "symbolize/dwarf.h"
#include "symbolize/intern.h"
#include "symbolize/symbolize.h"
#include "symbolize/symtab.h"

/* The frames of one address, kept so that a second lookup costs no more than a hash. */
struct resolved {
    UT_hash_handle hh;
    uint64_t key;
    bool is_signal_frame; /* the address next outward was interrupted, it did not call */
    size_t count;
    struct frame frames[];
};

struct object {
    UT_hash_handle hh;
    unsigned references; /* from module maps */
    bool main_program, is_library, is_recorder;
    bool unusable; /* no such file, or another one than the process had */
    char *key, *path;
    uint8_t *build_id;
    size_t build_id_len;
    const char *name, *shown_path; /* interned */
    struct resolved *resolved;
    struct object *idle_prev, *idle_next; /* while nothing refers to it */
    /* While open: */
    struct object *open_prev, *open_next;
    Dwfl *session;
    Dwfl_Module *module;
    struct stat opened_as;
    struct symtab symtab;
    struct dwarf dwarf;
};

/* All-zero is empty. */
struct object_cache {
    struct object *by_key;
    struct object *idle; /* oldest first */
    struct object *open; /* least recently used first */
    size_t idle_count, open_count, resolved_count;
    struct intern intern;
};

/* The object of a module, with one more reference. */
struct object *object_get(struct object_cache *cache, const struct module *module);
void object_put(struct object_cache *cache, struct object *object);
/* False if the file is gone or has changed; else module, symtab and dwarf can be used until the
 * next call, which may close other objects. */
bool object_open(struct object_cache *cache, struct object *object);

/* The frames at a file-relative address: of the call before it, or with exact of the instruction at
 * it. Valid until the next call. */
const struct resolved *object_resolve(
    struct object_cache *cache, struct object *object, uint64_t offset, bool exact);
void object_forget_resolved(struct object_cache *cache, struct object *object);

void object_cache_free(struct object_cache *cache);

#endif
