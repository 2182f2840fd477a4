#include "python_code.h"

#include <string.h>

#include "hash.h"
#include "interpreter.h"
#include "readable.h"

enum {
    NAME_MAX_BYTES = 512,
    FILE_MAX_BYTES = 1024,
    TEXT_MAX_CHARS = 4096, /* more is no name */
    LINES_MAX = 1 << 20,   /* more is no line table */
};

/* ---- content ---- */

struct content {
    uintptr_t name, file, lines; /* strings and bytes */
    uint32_t first_line;
    size_t lines_len;
};

static bool is_object(uintptr_t object, uintptr_t type)
{
    return memory_readable(object, PYTHON_STATE + 8) && memory_word(object + PYTHON_TYPE) == type;
}

static bool read_content(const struct python *py, uintptr_t object, struct content *c)
{
    const struct python_layout *l = &py->layout;
    c->name = memory_word(object + l->code.name);
    c->file = memory_word(object + l->code.file);
    c->lines = memory_word(object + l->code.lines);
    c->first_line = *(const uint32_t *)(object + l->code.first_line);
    if (!is_object(c->name, py->text) || !is_object(c->file, py->text) ||
        !is_object(c->lines, py->bytes))
        return false;
    c->lines_len = memory_word(c->lines + PYTHON_LENGTH);
    return c->lines_len <= LINES_MAX && memory_readable(c->lines, PYTHON_BYTES + c->lines_len);
}

static char *put_character(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | (c >> 18 & 7));
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* A string, and how much of it is left. */
struct reading {
    uintptr_t at;
    size_t length, width;
};

/* False: it is not as strings are. */
static bool text_begin(const struct python *py, uintptr_t text, struct reading *r)
{
    uint32_t state = *(const uint32_t *)(text + PYTHON_STATE);
    bool is_ascii = state & 0x40, is_compact = state & 0x20;
    r->length = memory_word(text + PYTHON_LENGTH);
    r->width = state >> 2 & 7;
    r->at = text + (is_ascii ? py->layout.ascii : py->layout.not_ascii);
    return is_compact && r->length <= TEXT_MAX_CHARS &&
           (r->width == 1 || r->width == 2 || r->width == 4) &&
           memory_readable(r->at, r->length * r->width + 1);
}

/* Writes as much of it in UTF-8 as fits. */
static size_t text_next(struct reading *r, char *out, size_t max)
{
    char *end = out + max, *begin = out;
    for (; r->length && end - out >= 4; r->length--, r->at += r->width) {
        uint32_t c = r->width == 1   ? *(const uint8_t *)r->at
                     : r->width == 2 ? *(const uint16_t *)r->at
                                     : *(const uint32_t *)r->at;
        out = put_character(out, c);
    }
    return (size_t)(out - begin);
}

static size_t copy_text(const struct python *py, uintptr_t text, char *out, size_t max)
{
    struct reading r;
    return text_begin(py, text, &r) ? text_next(&r, out, max) : 0;
}

/* ---- names of code objects ---- */

/* As copy_text would write it, in pieces: this runs on the service's stack. */
static bool hash_text(const struct python *py, uintptr_t text, size_t max, uint64_t *hash)
{
    char piece[64];
    struct reading r;
    if (!text_begin(py, text, &r))
        return false;
    for (size_t room = max; r.length;) {
        size_t n = text_next(&r, piece, room < sizeof piece ? room : sizeof piece);
        if (!n)
            break;
        *hash = hash_bytes(*hash, piece, n);
        room -= n;
    }
    return true;
}

static uint64_t hash_content(const struct python *py, const struct content *c)
{
    uint64_t hash = hash_mix(py->layout.language, c->first_line);
    if (!hash_text(py, c->file, FILE_MAX_BYTES, &hash) ||
        !hash_text(py, c->name, NAME_MAX_BYTES, &hash))
        return 0;
    hash = hash_bytes(hash, (const void *)(c->lines + PYTHON_BYTES), c->lines_len);
    return hash ? hash : 1;
}

/* Short ones as they are, of others both ends. */
static uint64_t hash_lines(uint64_t hash, const struct content *c)
{
    const char *bytes = (const char *)(c->lines + PYTHON_BYTES);
    uint64_t first, last;
    if (c->lines_len < 16)
        return hash_bytes(hash, bytes, c->lines_len);
    memcpy(&first, bytes, 8);
    memcpy(&last, bytes + c->lines_len - 8, 8);
    return hash_mix(hash_mix(hash, first), last);
}

/* A code object at an address used before has other parts, or parts at addresses used before that
 * have other lengths, hashes, or ends. */
static uint64_t fingerprint(uintptr_t object, const struct content *c)
{
    uint64_t hash = hash_mix(object, c->name ^ c->file << 24 ^ c->lines << 48 ^ c->lines >> 16);
    hash = hash_mix(hash, (uint64_t)c->first_line << 32 ^ c->lines_len);
    hash = hash_mix(
        hash, memory_word(c->name + PYTHON_HASH) ^ memory_word(c->name + PYTHON_LENGTH) << 56);
    hash = hash_mix(
        hash, memory_word(c->file + PYTHON_HASH) ^ memory_word(c->file + PYTHON_LENGTH) << 56);
    return hash_lines(hash, c);
}

uint64_t python_code_id(const struct python *py, uintptr_t object)
{
    struct content c;
    if (!memory_readable(object, py->layout.code.size) ||
        memory_word(object + PYTHON_TYPE) != py->code || !read_content(py, object, &c))
        return 0;
    uint64_t print = fingerprint(object, &c);
    uint64_t id = code_id_known(object, print);
    if (likely(id))
        return id;
    id = hash_content(py, &c);
    code_id_remember(object, print, id);
    return id;
}

/* ---- records ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What the string may take in UTF-8. */
static size_t room_for(uintptr_t text, size_t max)
{
    bool is_ascii = *(const uint32_t *)(text + PYTHON_STATE) & 0x40;
    size_t length = least(memory_word(text + PYTHON_LENGTH), max);
    return least(length * (is_ascii ? 1 : 4) + 4, max); /* the last character may be of 4 */
}

static bool write_code(const struct python *py, const struct content *c, uint64_t id)
{
    size_t name_room = room_for(c->name, NAME_MAX_BYTES),
           file_room = room_for(c->file, FILE_MAX_BYTES);
    size_t fixed = sizeof(struct rec_code) + name_room + file_room;
    size_t table_len = least(c->lines_len, RECORD_SIZE_MAX - fixed);
    struct rec_code *r = recorder_begin(REC_CODE, fixed + table_len, recorder_now());
    if (!r)
        return false;
    char *name = (char *)(r + 1);
    size_t name_len = copy_text(py, c->name, name, name_room);
    char *file = name + name_len;
    size_t file_len = copy_text(py, c->file, file, file_room);
    char *table = file + file_len;
    memcpy(table, (const void *)(c->lines + PYTHON_BYTES), table_len);
    r->code_id = id;
    r->language = py->layout.language;
    r->first_line = c->first_line;
    r->name_len = (uint16_t)(file - name);
    r->file_len = (uint16_t)(table - file);
    r->table_len = (uint32_t)table_len;
    r->head.size = (uint32_t)record_round((size_t)(table + table_len - (char *)r));
    recorder_commit(r);
    return true;
}

bool python_code_tell(const struct python *py, uintptr_t object, uint64_t id)
{
    struct content c;
    return read_content(py, object, &c) && write_code(py, &c, id);
}
