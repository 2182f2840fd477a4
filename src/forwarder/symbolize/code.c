#include "symbolize/code.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include "base/alloc.h"
#include "symbolize/code_lines.h"
#include "symbolize/code_paths.h"
#include "symbolize/intern.h"

/* A service's own code is a fraction of this; one that makes up code must not fill memory. */
enum { CODES_MAX = 65536, CODE_BYTES_MAX = 32 << 20 };

struct code {
    UT_hash_handle hh;
    uint64_t id;
    const char *name, *file; /* interned */
    struct line_table lines;
    uint8_t table[];
};

struct code_table {
    struct code *codes;
    size_t bytes;
    struct intern intern;
};

struct code_table *code_table_new(void)
{
    return xcalloc(1, sizeof(struct code_table));
}

void code_table_free(struct code_table *table)
{
    struct code *code, *next;
    if (!table)
        return;
    HASH_ITER(hh, table->codes, code, next)
    {
        HASH_DEL(table->codes, code);
        free(code);
    }
    intern_free(&table->intern);
    free(table);
}

const char *code_table_keep(struct code_table *table, const char *s)
{
    return intern_add(&table->intern, s, NULL);
}

static const char *keep_part(struct code_table *table, const char *part, size_t len)
{
    char *copy = xmemdup0(part, len);
    const char *kept = intern_add(&table->intern, *copy ? copy : NULL, "[unknown]");
    free(copy);
    return kept;
}

void code_table_add(struct code_table *table, const struct rec_code *record)
{
    struct code *code;
    size_t size = sizeof *code + record->table_len;
    HASH_FIND(hh, table->codes, &record->code_id, sizeof record->code_id, code);
    if (code || HASH_COUNT(table->codes) >= CODES_MAX || table->bytes + size > CODE_BYTES_MAX)
        return;
    const char *name = (const char *)(record + 1), *file = name + record->name_len;
    code = xcalloc(1, size);
    code->id = record->code_id;
    code->name = keep_part(table, name, record->name_len);
    code->file = keep_part(table, file, record->file_len);
    memcpy(code->table, file + record->file_len, record->table_len);
    code->lines = (struct line_table){
        .language = record->language,
        .first_line = record->first_line,
        .bytes = code->table,
        .len = record->table_len,
    };
    HASH_ADD(hh, table->codes, id, sizeof code->id, code);
    table->bytes += size;
}

bool code_table_frame(struct code_table *table, const struct rec_code_frame *at,
    const struct code_roots *roots, struct frame *ret_frame)
{
    struct code *code;
    HASH_FIND(hh, table->codes, &at->code_id, sizeof at->code_id, code);
    if (!code)
        return false;
    struct code_path path = code_path_of(code->file, roots);
    char *module = code_path_module(path.shown);
    *ret_frame = (struct frame){
        .function = code->name,
        .filename = path.shown,
        .abs_path = code->file,
        .module = intern_add(&table->intern, module, NULL),
        .lineno = code_line(&code->lines, at->position),
        .library_frame = path.is_library,
        .installed = path.is_installed,
    };
    free(module);
    return true;
}
