/* The loaded objects, in the loader's own list, read without the loader's lock: a process forked
 * while another thread had it would find it taken for ever, and one that we held ourselves would
 * stay taken for a child's dlopen. glibc's _dl_find_object, which needs no lock either, says just
 * before an object is read that it is still there; before glibc 2.35 the kernel is asked. */
#include "elf.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

#include "found_object.h"
#include "hash.h"
#include "probe.h"

enum {
    SCOPE_MAX = 64,
    HEADERS_MAX = 64,
    MOVED_PAGES_MAX = 4096, /* behind the dynamic section, searched for headers that were moved */
};

extern struct r_debug _r_debug __attribute__((weak));        /* glibc's loader has it */
extern struct r_debug *_dl_debug_addr __attribute__((weak)); /* musl's */
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

static const struct r_debug *loader(void)
{
    if (&_r_debug)
        return &_r_debug;
    return &_dl_debug_addr ? _dl_debug_addr : NULL;
}

static const struct link_map *first_map(void)
{
    const struct r_debug *r = loader();
    return r ? r->r_map : NULL;
}

bool elf_is_self(const struct elf_object *o)
{
    return o->dynamic == _DYNAMIC;
}

static bool is_readable(uintptr_t from, size_t size)
{
    for (uintptr_t page = from & ~(uintptr_t)(PAGE - 1); page < from + size; page += PAGE)
        if (!probe_page(page))
            return false;
    return true;
}

/* ---- program headers ---- */

/* glibc has said where it is (o->end): then its first page needs no question. */
static bool is_there(const struct elf_object *o, const void *at, size_t size)
{
    bool in_first = o->end && (uintptr_t)at - o->start + size <= PAGE;
    return in_first || is_readable((uintptr_t)at, size);
}

static bool are_headers(const struct elf_object *o, const ElfW(Phdr) * headers, unsigned count)
{
    if (!is_there(o, headers, count * sizeof *headers))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (headers[i].p_type == PT_DYNAMIC && headers[i].p_memsz)
            return o->bias + headers[i].p_vaddr == (uintptr_t)o->dynamic;
    return false;
}

/* Tools that edit libraries put them into a segment at the end. */
static const ElfW(Phdr) * find_moved(const struct elf_object *o, const ElfW(Ehdr) * header)
{
    uintptr_t in_page = header->e_phoff % PAGE, from = (uintptr_t)o->dynamic / PAGE * PAGE;
    for (uintptr_t i = 0; i < MOVED_PAGES_MAX; i++) {
        const ElfW(Phdr) *headers = (const void *)(from + i * PAGE + in_page);
        if (in_page % 8 == 0 && are_headers(o, headers, header->e_phnum))
            return headers;
    }
    return NULL;
}

/* Not memcmp: a sanitizer's runtime asks for names before its own one works. */
static bool is_elf(const ElfW(Ehdr) * header)
{
    return header->e_ident[0] == ELFMAG0 && header->e_ident[1] == 'E' &&
           header->e_ident[2] == 'L' && header->e_ident[3] == 'F' &&
           header->e_phentsize == sizeof(ElfW(Phdr)) && header->e_phnum <= HEADERS_MAX;
}

const ElfW(Phdr) * elf_headers(const struct elf_object *o, unsigned *ret_count)
{
    if (o->map && o->map == first_map()) {
        *ret_count = (unsigned)getauxval(AT_PHNUM);
        return (const void *)getauxval(AT_PHDR);
    }
    const ElfW(Ehdr) *header = (const void *)(o->start ? o->start : o->bias);
    if ((uintptr_t)header % PAGE || !is_there(o, header, sizeof *header) || !is_elf(header))
        return NULL;
    const ElfW(Phdr) *headers = (const void *)((uintptr_t)header + header->e_phoff);
    *ret_count = header->e_phnum;
    return are_headers(o, headers, header->e_phnum) ? headers : find_moved(o, header);
}

/* ---- one object ---- */

static _Atomic uintptr_t known_finder; /* 1: there is none */

/* Asked for first when nothing has been unloaded yet: by our constructor or before. */
static uintptr_t search_finder(void)
{
    for (const struct link_map *map = first_map(); map; map = map->l_next) {
        struct elf_object object = {.bias = map->l_addr, .dynamic = map->l_ld};
        void *finder = NULL;
        if (object.dynamic && !elf_is_self(&object) && elf_object_read(&object))
            finder = elf_object_symbol(&object, "_dl_find_object");
        if (finder)
            return (uintptr_t)finder;
    }
    return 1;
}

static elf_object_finder *object_finder(void)
{
    uintptr_t finder = atomic_load_explicit(&known_finder, memory_order_relaxed);
    if (!finder) {
        finder = search_finder();
        atomic_store_explicit(&known_finder, finder, memory_order_relaxed);
    }
    return (elf_object_finder *)(finder & ~(uintptr_t)1);
}

static bool find_range(struct elf_object *o)
{
    unsigned count = 0;
    const ElfW(Phdr) *headers = elf_headers(o, &count);
    o->start = UINTPTR_MAX;
    for (unsigned i = 0; headers && i < count; i++) {
        uintptr_t start = o->bias + headers[i].p_vaddr;
        if (headers[i].p_type != PT_LOAD)
            continue;
        if (start < o->start)
            o->start = start;
        if (start + headers[i].p_memsz > o->end)
            o->end = start + headers[i].p_memsz;
    }
    return o->end > o->start;
}

/* Whether the entry's object is loaded at this moment, and where. */
static bool is_loaded(const struct link_map *map, struct elf_object *o)
{
    elf_object_finder *find = object_finder();
    struct found_object found;
    *o = (struct elf_object){
        .map = map, .bias = map->l_addr, .dynamic = map->l_ld, .path = map->l_name};
    if (!o->path)
        o->path = "";
    if (!o->dynamic || (elf_half_unloaded() && !is_readable((uintptr_t)o->dynamic, 1)))
        return false;
    if (!find)
        return find_range(o);
    if (find((void *)(uintptr_t)o->dynamic, &found) != 0 || found.link_map != map)
        return false;
    o->start = (uintptr_t)found.map_start;
    o->end = (uintptr_t)found.map_end;
    return true;
}

/* Looks at an entry and returns the one after it. An entry that was taken out of the list meanwhile
 * may lead anywhere. */
static const struct link_map *look(
    const struct link_map *map, struct elf_object *ret_object, bool *ret_loaded)
{
    const struct link_map *next = map->l_next; /* it counts if the entry is there afterwards */
    *ret_loaded = is_loaded(map, ret_object);
    if (*ret_loaded || !next)
        return next;
    bool follows = is_readable((uintptr_t)next, sizeof *next) && next->l_prev == map;
    return follows ? next : NULL;
}

bool elf_each(bool (*visit)(const struct elf_object *object, void *data), void *data)
{
    struct elf_object object;
    bool loaded, found = false;
    elf_look_begin();
    for (const struct link_map *map = first_map(); map && !found;) {
        map = look(map, &object, &loaded);
        found = loaded && elf_object_read(&object) && visit(&object, data);
    }
    elf_look_end();
    return found;
}

bool elf_is_loaded(const struct elf_object *o)
{
    elf_object_finder *find = object_finder();
    struct found_object found;
    if (find)
        return find((void *)(uintptr_t)o->dynamic, &found) == 0 && found.link_map == o->map &&
               (uintptr_t)found.map_start == o->start;
    const struct link_map *map = first_map();
    while (map && map != o->map)
        map = map->l_next;
    return map && map->l_ld == o->dynamic;
}

static bool mark_one(const struct elf_object *object, void *data)
{
    uint64_t *mark = data;
    *mark = hash_mix(*mark, object->bias);
    *mark = hash_mix(*mark, (uintptr_t)object->dynamic);
    for (const char *c = object->path; *c; c++)
        *mark = hash_mix(*mark, (unsigned char)*c);
    return false;
}

uint64_t elf_mark(void)
{
    uint64_t mark = 1;
    if (!elf_calm_begin())
        return 0;
    elf_each(mark_one, &mark);
    elf_calm_end();
    return mark + !mark;
}

/* ---- searching ---- */

struct search {
    const char *name;
    uintptr_t address;
    bool passed_self;
    struct elf_object *object;
    void *found;
};

static bool visit_next(const struct elf_object *object, void *data)
{
    struct search *search = data;
    if (elf_is_self(object))
        search->passed_self = true;
    else if (search->passed_self)
        search->found = elf_object_symbol(object, search->name);
    return search->found != NULL;
}

void *elf_next(const char *name)
{
    struct search search = {.name = name};
    elf_each(visit_next, &search);
    return search.found;
}

static bool visit_any(const struct elf_object *object, void *data)
{
    struct search *search = data;
    if (elf_is_self(object))
        return false;
    search->found = elf_object_symbol(object, search->name);
    if (search->found && search->object)
        *search->object = *object;
    return search->found != NULL;
}

void *elf_any(const char *name, struct elf_object *ret_object)
{
    struct search search = {.name = name, .object = ret_object};
    elf_each(visit_any, &search);
    return search.found;
}

static bool visit_address(const struct elf_object *object, void *data)
{
    struct search *search = data;
    if (search->address < object->start || search->address >= object->end)
        return false;
    *search->object = *object;
    return true;
}

bool elf_object_of(const void *address, struct elf_object *ret_object)
{
    elf_object_finder *find = object_finder();
    struct search search = {.address = (uintptr_t)address, .object = ret_object};
    struct found_object found;
    if (!find)
        return elf_each(visit_address, &search);
    return find((void *)(uintptr_t)address, &found) == 0 && found.link_map &&
           is_loaded(found.link_map, ret_object) && elf_object_read(ret_object);
}

/* ---- scope ---- */

/* The name a library was found by is mostly the one that it is needed by: then others' memory need
 * not be looked at. */
static bool is_found_by(const struct elf_object *object, const char *needed)
{
    const char *slash = strchr(needed, '/') ? NULL : strrchr(object->path, '/');
    return strcmp(slash ? slash + 1 : object->path, needed) == 0;
}

static bool is_called(struct elf_object *object, const char *needed)
{
    return elf_object_read(object) && object->soname && strcmp(object->soname, needed) == 0;
}

static const struct link_map *find_needed(const char *needed, struct elf_object *scratch)
{
    bool loaded;
    for (int by_path = 1; by_path >= 0; by_path--)
        for (const struct link_map *map = first_map(); map;) {
            const struct link_map *this = map;
            map = look(this, scratch, &loaded);
            if (loaded && (by_path ? is_found_by(scratch, needed) : is_called(scratch, needed)))
                return this;
        }
    return NULL;
}

/* Appends what `from` needs and is loaded. */
static unsigned append_needed(const ElfW(Dyn) * dynamic, const char *strings,
    struct elf_object *scratch, const struct link_map **scope, unsigned count)
{
    for (const ElfW(Dyn) *d = dynamic; d->d_tag != DT_NULL && count < SCOPE_MAX; d++) {
        if (d->d_tag != DT_NEEDED)
            continue;
        const struct link_map *map = find_needed(strings + d->d_un.d_val, scratch);
        for (unsigned i = 0; map && i < count; i++)
            if (scope[i] == map)
                map = NULL;
        if (map)
            scope[count++] = map;
    }
    return count;
}

static void *find_in_scope(
    const struct elf_object *from, const char *name, struct elf_object *ret_object)
{
    const struct link_map *scope[SCOPE_MAX] = {0};
    unsigned count = from->map != NULL;
    scope[0] = from->map;
    for (unsigned i = 0; i < count; i++) {
        if (!scope[i] || !is_loaded(scope[i], ret_object) || !elf_object_read(ret_object))
            continue;
        void *found = elf_is_self(ret_object) ? NULL : elf_object_symbol(ret_object, name);
        if (found)
            return found;
        const ElfW(Dyn) *dynamic = ret_object->dynamic;
        const char *strings = ret_object->strings;
        count = append_needed(dynamic, strings, ret_object, scope, count);
    }
    return NULL;
}

void *elf_in_scope(const struct elf_object *from, const char *name, struct elf_object *ret_object)
{
    elf_look_begin();
    void *found = find_in_scope(from, name, ret_object);
    elf_look_end();
    return found;
}

void *elf_vdso(const char *name)
{
    uintptr_t base = getauxval(AT_SYSINFO_EHDR);
    if (!base)
        return NULL; /* valgrind hides it */
    const ElfW(Ehdr) *header = (const void *)base;
    const ElfW(Phdr) *phdr = (const void *)(base + header->e_phoff);
    struct elf_object object = {0};
    for (int i = header->e_phnum - 1; i >= 0; i--)
        if (phdr[i].p_type == PT_LOAD)
            object.bias = base - phdr[i].p_vaddr + phdr[i].p_offset;
    for (int i = 0; i < header->e_phnum; i++)
        if (phdr[i].p_type == PT_DYNAMIC)
            object.dynamic = (const void *)(object.bias + phdr[i].p_vaddr);
    return object.dynamic && elf_object_read(&object) ? elf_object_symbol(&object, name) : NULL;
}
