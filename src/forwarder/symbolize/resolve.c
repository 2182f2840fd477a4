/* From an address in an object to its frames; the results are kept. */
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "symbolize/names.h"
#include "symbolize/object.h"

/* Some 250 bytes each. A service's working set is far smaller; a forged one must not fill memory.
 */
enum { RESOLVED_MAX = 131072 };

static bool is_start_code(const char *function)
{
    return strcmp(function, "_start") == 0 || strncmp(function, "__libc_start", 12) == 0;
}

static const char *keep_function(struct intern *intern, const char *symbol)
{
    char *name = name_readable(symbol);
    const char *kept = intern_add(intern, name, "[unknown]");
    free(name);
    return kept;
}

static const char *keep_offset(struct intern *intern, const char *module, uint64_t offset)
{
    char name[FUNCTION_NAME_MAX];
    snprintf(name, sizeof(name), "%.400s+0x%" PRIx64, module, offset);
    return intern_add(intern, name, module);
}

static void set_source(struct frame *frame, struct intern *intern, const struct dwarf_call *call)
{
    if (!call->file)
        return;
    char *path = path_absolute(call->comp_dir, call->file);
    frame->abs_path = intern_add(intern, path, frame->abs_path);
    frame->filename = intern_add(intern, path_short(path, call->comp_dir), frame->filename);
    frame->lineno = call->line;
    frame->library_frame |= source_is_library(path);
    free(path);
}

/* A frame that knows only its module. */
static struct frame plain_frame(const struct object *object)
{
    return (struct frame){
        .filename = object->name,
        .abs_path = object->shown_path,
        .module = object->name,
        .library_frame = object->is_library,
    };
}

/* Internal linkage in C++ has no linkage name in DWARF; only the symbol table knows the whole name.
 */
static const char *fuller_name(const char *function, const char *symbol)
{
    if (!function || (symbol && strncmp(symbol, "_Z", 2) == 0 && strncmp(function, "_Z", 2) != 0))
        return symbol;
    return function;
}

/* Whether the code is what the kernel returns to from a signal handler, by its unwind information.
 */
static bool is_signal_frame(Dwfl_Module *module, uint64_t address)
{
    Dwarf_Addr bias, start, end;
    Dwarf_Frame *frame = NULL;
    bool is_signal = false;
    Dwarf_CFI *unwind = dwfl_module_eh_cfi(module, &bias);
    if (unwind && dwarf_cfi_addrframe(unwind, address - bias, &frame) == 0) {
        if (dwarf_frame_info(frame, &start, &end, &is_signal) < 0)
            is_signal = false;
        free(frame);
    }
    return is_signal;
}

static struct resolved *resolved_new(size_t count)
{
    struct resolved *resolved = xcalloc(1, sizeof(*resolved) + count * sizeof(*resolved->frames));
    resolved->count = count;
    return resolved;
}

static struct resolved *resolve_opened(
    struct object_cache *cache, struct object *object, uint64_t offset, bool exact)
{
    struct dwarf_call calls[DWARF_CALLS_MAX] = {0};
    uint64_t address = offset - (exact || offset == 0 ? 0 : 1);
    const char *symbol = symtab_find(&object->symtab, object->module, address);
    size_t known = dwarf_calls(&object->dwarf, object->module, address, calls, DWARF_CALLS_MAX);
    size_t count = known ? known : 1;
    struct resolved *resolved = resolved_new(count);
    resolved->is_signal_frame = is_signal_frame(object->module, address);
    calls[count - 1].function = fuller_name(calls[count - 1].function, symbol);
    if (resolved->is_signal_frame)
        calls[count - 1].function = "<signal handler called>";
    for (size_t i = 0; i < count; i++) {
        struct frame *frame = &resolved->frames[i];
        *frame = plain_frame(object);
        frame->function = calls[i].function ? keep_function(&cache->intern, calls[i].function)
                                            : keep_offset(&cache->intern, object->name, offset);
        frame->library_frame |= resolved->is_signal_frame || is_start_code(frame->function);
        set_source(frame, &cache->intern, &calls[i]);
    }
    return resolved;
}

static struct resolved *resolve_unopened(
    struct object_cache *cache, struct object *object, uint64_t offset)
{
    struct resolved *resolved = resolved_new(1);
    resolved->frames[0] = plain_frame(object);
    resolved->frames[0].function = keep_offset(&cache->intern, object->name, offset);
    return resolved;
}

static void make_room(struct object_cache *cache)
{
    struct object *object, *next;
    if (cache->resolved_count < RESOLVED_MAX)
        return;
    HASH_ITER(hh, cache->by_key, object, next)
    {
        object_forget_resolved(cache, object);
    }
}

const struct resolved *object_resolve(
    struct object_cache *cache, struct object *object, uint64_t offset, bool exact)
{
    uint64_t key = offset << 1 | exact;
    struct resolved *resolved;
    HASH_FIND(hh, object->resolved, &key, sizeof(key), resolved);
    if (resolved)
        return resolved;
    make_room(cache);
    resolved = object_open(cache, object) ? resolve_opened(cache, object, offset, exact)
                                          : resolve_unopened(cache, object, offset);
    resolved->key = key;
    HASH_ADD(hh, object->resolved, key, sizeof(key), resolved);
    cache->resolved_count++;
    return resolved;
}

void object_forget_resolved(struct object_cache *cache, struct object *object)
{
    struct resolved *resolved;
    while ((resolved = object->resolved)) {
        HASH_DEL(object->resolved, resolved);
        free(resolved);
        cache->resolved_count--;
    }
}
