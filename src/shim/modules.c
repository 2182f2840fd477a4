#include "modules.h"

#include <string.h>

#include "elf.h"
#include "recorder.h"

enum { PATH_MAX_BYTES = 1024, BUILD_ID_MAX = 64 };

static uint64_t map_id;
static bool is_told; /* to this reader: */
static uint32_t told_reader;

struct telling {
    struct rec_modules *record; /* being filled; NULL: none begun */
    size_t used;
    unsigned index;
    uint64_t id;
    bool lost;
};

uint64_t modules_map_id(void)
{
    return map_id;
}

/* The GNU build id note (NT_GNU_BUILD_ID, 3), as ld --build-id writes it. */
static size_t find_build_id(const struct elf_object *object, const uint8_t **ret_id)
{
    unsigned count = 0;
    const ElfW(Phdr) *headers = elf_headers(object, &count);
    for (unsigned i = 0; headers && i < count; i++) {
        const ElfW(Phdr) *p = &headers[i];
        const uint8_t *at = (const uint8_t *)(object->bias + p->p_vaddr), *end = at + p->p_memsz;
        bool mapped = (uintptr_t)at >= object->start && (uintptr_t)end <= object->end;
        if (p->p_type != PT_NOTE || !mapped)
            continue;
        while (at + sizeof(ElfW(Nhdr)) < end) {
            const ElfW(Nhdr) *note = (const void *)at;
            const uint8_t *name = at + sizeof *note;
            const uint8_t *description = name + ((note->n_namesz + 3) & ~3u);
            if (description + note->n_descsz > end)
                break;
            if (note->n_type == 3 && note->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
                note->n_descsz <= BUILD_ID_MAX) {
                *ret_id = description;
                return note->n_descsz;
            }
            at = description + ((note->n_descsz + 3) & ~3u);
        }
    }
    return 0;
}

static void flush(struct telling *t)
{
    if (!t->record)
        return;
    t->record->head.size = (uint32_t)t->used;
    recorder_commit(t->record);
    t->record = NULL;
}

/* Room for an entry in the record at hand, or in a new one. */
static struct rec_module *add_entry(struct telling *t, size_t size)
{
    if (t->record && t->used + size > RECORD_SIZE_MAX)
        flush(t);
    if (!t->record) {
        t->record = recorder_begin(REC_MODULES, RECORD_SIZE_MAX, recorder_now());
        if (!t->record)
            return NULL;
        t->record->map_id = t->id;
        t->used = sizeof *t->record;
    }
    struct rec_module *entry = (void *)((char *)t->record + t->used);
    t->used += size;
    return entry;
}

static bool tell_one(const struct elf_object *object, void *data)
{
    struct telling *t = data;
    const uint8_t *build_id = NULL;
    bool is_main = t->index++ == 0;
    size_t path_len = strlen(object->path), id_len = find_build_id(object, &build_id);
    if (path_len > PATH_MAX_BYTES)
        path_len = PATH_MAX_BYTES;
    size_t entry_size = record_round(sizeof(struct rec_module) + path_len + id_len);
    struct rec_module *entry = add_entry(t, entry_size);
    if (!entry) {
        t->lost = true;
        return true;
    }
    *entry = (struct rec_module){
        .bias = object->bias,
        .start = object->start,
        .end = object->end,
        .size = (uint16_t)entry_size,
        .path_len = (uint16_t)path_len,
        .build_id_len = (uint16_t)id_len,
        .is_main = is_main,
    };
    memcpy(entry + 1, object->path, path_len);
    if (id_len)
        memcpy((char *)(entry + 1) + path_len, build_id, id_len);
    return false;
}

static bool tell(uint64_t id, uint32_t reader)
{
    struct telling t = {.id = id};
    elf_each(tell_one, &t);
    flush(&t);
    if (t.lost)
        return false;
    map_id = id;
    told_reader = reader;
    is_told = true;
    return true;
}

bool modules_tell(void)
{
    uint32_t reader =
        atomic_load_explicit(&recorder_ring()->reader_generation, memory_order_relaxed);
    if (!elf_calm_begin())
        return false;
    uint64_t id = elf_mark();
    bool known = is_told && id == map_id && reader == told_reader;
    bool told = id && (known || tell(id, reader));
    elf_calm_end();
    return told;
}

void modules_forget(void)
{
    is_told = false;
}
