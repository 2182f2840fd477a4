#include "symbolize/object.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "base/alloc.h"
#include "base/buf.h"
#include "symbolize/names.h"
#include "symbolize/vdso.h"

/* An open object holds descriptors (its own, its debug file's, a shared one) and libdw's memory. */
enum { OPEN_MAX_OBJECTS = 64, IDLE_MAX = 512 };

/* Never reached: every module is reported with its descriptor. The standard one may use the
 * network. */
static int find_no_elf(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base,
    char **file_name, Elf **elf)
{
    (void)module, (void)userdata, (void)name, (void)base, (void)file_name, (void)elf;
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = find_no_elf,
    .find_debuginfo = debugfile_find,
    .section_address = dwfl_offline_section_address,
};

static void object_close(struct object_cache *cache, struct object *object)
{
    if (!object->session)
        return;
    dwarf_free(&object->dwarf);
    symtab_free(&object->symtab);
    dwfl_end(object->session);
    object->session = NULL;
    object->module = NULL;
    DL_DELETE2(cache->open, object, open_prev, open_next);
    cache->open_count--;
}

static bool report(struct object *object, int fd)
{
    object->session = dwfl_begin(&callbacks);
    if (!object->session) {
        close(fd);
        return false;
    }
    dwfl_report_begin(object->session);
    /* Base 0: addresses in this session are the file's own. */
    object->module = dwfl_report_elf(object->session, object->name, object->path, fd, 0, true);
    if (!object->module)
        close(fd);
    GElf_Addr bias;
    if (dwfl_report_end(object->session, NULL, NULL) == 0 && object->module &&
        dwfl_module_getelf(object->module, &bias))
        return true;
    dwfl_end(object->session);
    object->session = NULL;
    return false;
}

static bool open_file(struct object *object)
{
    struct build_id id = {object->build_id, object->build_id_len};
    int fd = *object->path == '/'    ? file_open(object->path)
             : vdso_is(object->path) ? vdso_open()
                                     : -1;
    if (fd < 0)
        return false;
    if (fstat(fd, &object->opened_as) != 0 || !file_has_build_id(fd, id)) {
        close(fd);
        return false;
    }
    return report(object, fd);
}

/* The file is mapped, and reading behind its new end would be SIGBUS. A new file of the same name
 * is harmless: the old one lives on while it is open. */
static bool was_overwritten(const struct object *object)
{
    struct stat now;
    const struct stat *then = &object->opened_as;
    return stat(object->path, &now) == 0 && now.st_ino == then->st_ino &&
           now.st_dev == then->st_dev &&
           (now.st_size != then->st_size || now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
               now.st_mtim.tv_nsec != then->st_mtim.tv_nsec);
}

bool object_open(struct object_cache *cache, struct object *object)
{
    if (object->session && was_overwritten(object))
        object_close(cache, object);
    if (object->session) {
        DL_DELETE2(cache->open, object, open_prev, open_next);
    } else {
        if (!object->unusable)
            object->unusable = !open_file(object);
        if (object->unusable)
            return false;
        while (cache->open_count >= OPEN_MAX_OBJECTS)
            object_close(cache, cache->open);
        cache->open_count++;
    }
    DL_APPEND2(cache->open, object, open_prev, open_next);
    return true;
}

static void object_free(struct object_cache *cache, struct object *object)
{
    object_close(cache, object);
    object_forget_resolved(cache, object);
    HASH_DEL(cache->by_key, object);
    free(object->key);
    free(object->path);
    free(object->build_id);
    free(object);
}

/* What /proc/PID/exe says of a file that was unlinked or replaced; the new one may be the same. */
static char *without_deleted(const char *path)
{
    static const char mark[] = " (deleted)";
    size_t len = strlen(path), mark_len = sizeof(mark) - 1;
    if (len > mark_len && strcmp(path + len - mark_len, mark) == 0)
        len -= mark_len;
    return xmemdup0(path, len);
}

static struct object *object_new(struct object_cache *cache, const struct module *module)
{
    struct object *object = xcalloc(1, sizeof(*object));
    object->path = without_deleted(module->path);
    object->build_id = (uint8_t *)xmemdup0(module->build_id, module->build_id_len);
    object->build_id_len = module->build_id_len;
    object->main_program = module->main_program;
    char *name = module_name(object->path, module->main_program);
    object->name = intern_add(&cache->intern, name, "[unknown]");
    free(name);
    const char *shown = *object->path == '/' ? object->path : NULL;
    object->shown_path = intern_add(&cache->intern, shown, NULL);
    object->is_library = module_is_library(object->path, module->main_program);
    object->is_recorder = strncmp(object->name, "libapmshim.so", 13) == 0;
    return object;
}

static struct buf object_key(const struct module *module)
{
    struct buf key = {0};
    buf_putc(&key, module->main_program ? 'm' : 's');
    buf_add(&key, module->path, strlen(module->path) + 1);
    buf_add(&key, module->build_id, module->build_id_len);
    return key;
}

struct object *object_get(struct object_cache *cache, const struct module *module)
{
    struct buf key = object_key(module);
    struct object *object;
    HASH_FIND(hh, cache->by_key, key.data, key.len, object);
    if (!object) {
        size_t len = key.len;
        object = object_new(cache, module);
        object->key = buf_take(&key);
        HASH_ADD_KEYPTR(hh, cache->by_key, object->key, len, object);
    } else if (object->references == 0) {
        DL_DELETE2(cache->idle, object, idle_prev, idle_next);
        cache->idle_count--;
    }
    buf_free(&key);
    object->references++;
    return object;
}

void object_put(struct object_cache *cache, struct object *object)
{
    if (--object->references > 0)
        return;
    DL_APPEND2(cache->idle, object, idle_prev, idle_next);
    if (++cache->idle_count <= IDLE_MAX)
        return;
    struct object *oldest = cache->idle;
    DL_DELETE2(cache->idle, oldest, idle_prev, idle_next);
    cache->idle_count--;
    object_free(cache, oldest);
}

void object_cache_free(struct object_cache *cache)
{
    struct object *object, *next;
    HASH_ITER(hh, cache->by_key, object, next)
    {
        object_free(cache, object);
    }
    intern_free(&cache->intern);
}
