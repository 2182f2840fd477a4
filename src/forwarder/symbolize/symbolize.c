#include "symbolize/symbolize.h"

#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "symbolize/names.h"
#include "symbolize/object.h"

enum { MODULES_MAX = 16384 };

struct mapping {
    uint64_t bias, start, end;
    struct object *object;
};

struct map {
    UT_hash_handle hh;
    uint64_t id;
    size_t count, cap;
    struct mapping *mappings; /* by start; they do not overlap */
};

struct symbolizer {
    struct map *maps;
    struct map *last_used; /* stacks of one process come in runs */
    struct object_cache objects;
};

/* One address run shown for code that belongs to no module: generated code, a corrupt stack. */
static const struct frame unknown_frame = {
    .function = "[unknown]", .filename = "[unknown]", .library_frame = true};

struct symbolizer *symbolizer_new(void)
{
    elf_version(EV_CURRENT);
    return xcalloc(1, sizeof(struct symbolizer));
}

static void map_free(struct symbolizer *symbolizer, struct map *map)
{
    for (size_t i = 0; i < map->count; i++)
        object_put(&symbolizer->objects, map->mappings[i].object);
    HASH_DEL(symbolizer->maps, map);
    free(map->mappings);
    free(map);
    symbolizer->last_used = NULL;
}

void symbolizer_free(struct symbolizer *symbolizer)
{
    if (!symbolizer)
        return;
    struct map *map, *next;
    HASH_ITER(hh, symbolizer->maps, map, next)
    {
        map_free(symbolizer, map);
    }
    object_cache_free(&symbolizer->objects);
    free(symbolizer);
}

static struct map *map_find(struct symbolizer *symbolizer, uint64_t id)
{
    if (symbolizer->last_used && symbolizer->last_used->id == id)
        return symbolizer->last_used;
    struct map *map;
    HASH_FIND(hh, symbolizer->maps, &id, sizeof(id), map);
    if (map)
        symbolizer->last_used = map;
    return map;
}

static struct map *map_find_or_add(struct symbolizer *symbolizer, uint64_t id)
{
    struct map *map = map_find(symbolizer, id);
    if (map)
        return map;
    map = xcalloc(1, sizeof(*map));
    map->id = id;
    HASH_ADD(hh, symbolizer->maps, id, sizeof(id), map);
    return map;
}

/* How many mappings start at or below the address. */
static size_t mappings_up_to(const struct map *map, uint64_t address)
{
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->mappings[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_overlapped(
    struct symbolizer *symbolizer, struct map *map, uint64_t start, uint64_t end)
{
    size_t first = mappings_up_to(map, start), last;
    if (first > 0 && map->mappings[first - 1].end > start)
        first--;
    for (last = first; last < map->count && map->mappings[last].start < end; last++)
        object_put(&symbolizer->objects, map->mappings[last].object);
    memmove(
        map->mappings + first, map->mappings + last, (map->count - last) * sizeof(*map->mappings));
    map->count -= last - first;
}

static void insert_mapping(struct map *map, const struct mapping *mapping)
{
    if (map->count == map->cap) {
        map->cap = map->cap ? 2 * map->cap : 32;
        map->mappings = xrealloc(map->mappings, map->cap * sizeof(*map->mappings));
    }
    size_t at = mappings_up_to(map, mapping->start);
    memmove(map->mappings + at + 1, map->mappings + at, (map->count - at) * sizeof(*mapping));
    map->mappings[at] = *mapping;
    map->count++;
}

void symbolizer_add_module(
    struct symbolizer *symbolizer, uint64_t map_id, const struct module *module)
{
    if (module->start >= module->end)
        return;
    struct map *map = map_find_or_add(symbolizer, map_id);
    struct object *object = object_get(&symbolizer->objects, module);
    if (map->count > 0)
        remove_overlapped(symbolizer, map, module->start, module->end);
    if (map->count == MODULES_MAX) {
        object_put(&symbolizer->objects, object);
        return;
    }
    struct mapping mapping = {module->bias, module->start, module->end, object};
    insert_mapping(map, &mapping);
}

void symbolizer_forget_map(struct symbolizer *symbolizer, uint64_t map_id)
{
    struct map *map = map_find(symbolizer, map_id);
    if (map)
        map_free(symbolizer, map);
}

size_t symbolizer_maps(const struct symbolizer *symbolizer)
{
    return HASH_COUNT(symbolizer->maps);
}

static const struct mapping *mapping_at(const struct map *map, uint64_t address)
{
    size_t at = mappings_up_to(map, address);
    if (at == 0 || address >= map->mappings[at - 1].end)
        return NULL;
    return &map->mappings[at - 1];
}

/* Where frames are appended to. */
struct output {
    struct frame *frames;
    uint32_t *indices; /* NULL: not wanted */
    size_t used, max;
};

static void add_frame(struct output *out, const struct frame *frame, size_t index)
{
    if (out->used == out->max)
        return;
    if (out->indices)
        out->indices[out->used] = (uint32_t)index;
    out->frames[out->used++] = *frame;
}

static void add_unknown(struct output *out, size_t index)
{
    if (out->used == 0 || out->frames[out->used - 1].function != unknown_frame.function)
        add_frame(out, &unknown_frame, index);
}

size_t symbolizer_resolve(struct symbolizer *symbolizer, uint64_t map_id, const uint64_t *addresses,
    size_t count, struct frame *frames, uint32_t *ret_indices, size_t max)
{
    struct map *map = map_find(symbolizer, map_id);
    if (!map)
        return 0;
    bool exact = false;
    struct output out = {.frames = frames, .indices = ret_indices, .max = max};
    for (size_t i = 0; i < count && out.used < max; i++) {
        const struct mapping *mapping = mapping_at(map, addresses[i] - !exact);
        if (!mapping) {
            add_unknown(&out, i);
            exact = false;
            continue;
        }
        if (mapping->object->is_recorder)
            continue;
        const struct resolved *resolved = object_resolve(
            &symbolizer->objects, mapping->object, addresses[i] - mapping->bias, exact);
        for (size_t j = 0; j < resolved->count; j++)
            add_frame(&out, &resolved->frames[j], i);
        exact = resolved->is_signal_frame;
    }
    return out.used;
}

bool symbolizer_is_interpreter(const struct frame *frame)
{
    return frame->module && module_is_interpreter(frame->module);
}
