#include "trace/maps.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "log.h"

enum { MAPS_MAX = 4096 };

#define SWEEP_NS UINT64_C(1000000000) /* between two sweeps to make room */

struct module_map {
    uint64_t id, used; /* used: when it was told last, or a stack in it */
    bool is_current;   /* of a process; during a sweep */
    UT_hash_handle hh;
};

static struct module_map *find_map(const struct tracer *tracer, uint64_t id)
{
    struct module_map *map;
    HASH_FIND(hh, tracer->maps, &id, sizeof id, map);
    return map;
}

static bool make_room(struct tracer *tracer)
{
    if (HASH_COUNT(tracer->maps) < MAPS_MAX)
        return true;
    if (tracer->now < tracer->maps_swept + SWEEP_NS)
        return false;
    tracer->maps_swept = tracer->now;
    maps_forget_unused(tracer, UINT64_MAX);
    return HASH_COUNT(tracer->maps) < MAPS_MAX;
}

bool map_used(struct tracer *tracer, struct process *process, uint64_t id)
{
    if (process->map_id != id) {
        process->map_before = process->map_id;
        process->map_id = id;
        process->map_since = tracer->now;
    }
    struct module_map *map = find_map(tracer, id);
    if (!map && make_room(tracer)) {
        map = xcalloc(1, sizeof *map);
        map->id = id;
        HASH_ADD(hh, tracer->maps, id, sizeof map->id, map);
    }
    if (map)
        map->used = tracer->now;
    else if (!tracer->maps_refused++)
        log_warning("too many module maps (%d), stacks in further ones have no frames", MAPS_MAX);
    return map != NULL;
}

void map_inherit(struct process *process, const struct process *parent, uint64_t fork_time)
{
    if (process->map_id)
        return;
    bool is_newer = fork_time && parent->map_since > fork_time && parent->map_before;
    process->map_id = is_newer ? parent->map_before : parent->map_id;
    process->map_since = fork_time;
}

static void mark_current(struct tracer *tracer)
{
    struct process *process, *next;
    HASH_ITER(hh, tracer->processes, process, next)
    {
        struct module_map *map = find_map(tracer, process->map_id);
        if (map)
            map->is_current = true;
    }
}

static void forget(struct tracer *tracer, struct module_map *map)
{
    symbolizer_forget_map(tracer->symbolizer, map->id);
    HASH_DEL(tracer->maps, map);
    free(map);
}

void maps_forget_unused(struct tracer *tracer, uint64_t before)
{
    struct module_map *map, *next;
    unsigned count = HASH_COUNT(tracer->maps);
    mark_current(tracer);
    HASH_ITER(hh, tracer->maps, map, next)
    {
        bool unused = !map->is_current && map->used < before;
        map->is_current = false;
        if (unused)
            forget(tracer, map);
    }
    if (HASH_COUNT(tracer->maps) < count)
        stacks_forget_unmapped(tracer);
}

bool map_known(const struct tracer *tracer, uint64_t id)
{
    return find_map(tracer, id) != NULL;
}

void maps_free(struct tracer *tracer)
{
    struct module_map *map;
    if (tracer->maps_refused)
        log_warning(
            "%llu records about modules were refused", (unsigned long long)tracer->maps_refused);
    while ((map = tracer->maps))
        forget(tracer, map);
}
