/* The facts are from CPython's headers (Include/cpython/code.h, frameobject.h, pystate.h and
 * unicodeobject.h, Include/internal/pycore_frame.h and, from 3.13, pycore_debug_offsets.h). They
 * did not change within a minor version once it was released, and are the same on all 64-bit Linux
 * machines. */
#include "python_layout.h"

#include <stddef.h>
#include <string.h>

#include "wire/record.h"

#define CODE_TO_3_10                                                                               \
    .code = {.name = 112, .file = 104, .first_line = 40, .lines = 120, .flags = 36, .size = 128},  \
    .ascii = 48, .not_ascii = 72

enum { FLAGS_FROM_3_11 = 48 }; /* 3.13 does not tell */

static const struct python_layout python_3_9 = {
    .chain = CHAIN_OBJECTS,
    .language = CODE_PYTHON_LNOTAB,
    .thread = {.frame = 24},
    .frame = {.code = 32, .previous = 24, .position = 104, .generator = 96, .size = 112},
    CODE_TO_3_10,
};

static const struct python_layout python_3_10 = {
    .chain = CHAIN_OBJECTS,
    .language = CODE_PYTHON_LINES,
    .thread = {.frame = 24},
    .frame = {.code = 32, .previous = 24, .position = 96, .generator = 88, .size = 104},
    CODE_TO_3_10,
};

static const struct python_layout python_3_11 = {
    .chain = CHAIN_CFRAMES,
    .language = CODE_PYTHON_LOCATIONS,
    .thread = {.frame = 56, .by_cframe = true},
    .cframe = {.frame = 8, .previous = 16},
    .frame = {.code = 32, .previous = 48, .position = 56, .owner = 68, .generator = 69, .size = 72},
    .code = {.name = 128,
        .file = 112,
        .first_line = 72,
        .lines = 136,
        .flags = FLAGS_FROM_3_11,
        .instructions = 184,
        .size = 192},
    .ascii = 48,
    .not_ascii = 72,
};

static const struct python_layout python_3_12 = {
    .chain = CHAIN_ENTRIES,
    .language = CODE_PYTHON_LOCATIONS,
    .thread = {.frame = 56, .by_cframe = true},
    .cframe = {.frame = 0, .previous = 8},
    .frame = {.code = 0, .previous = 8, .position = 56, .owner = 70, .generator = 70, .size = 72},
    .code = {.name = 128,
        .file = 112,
        .first_line = 68,
        .lines = 136,
        .flags = FLAGS_FROM_3_11,
        .instructions = 192,
        .size = 200},
    .ascii = 40,
    .not_ascii = 56,
};

/* What 3.13 says of itself, at the start of _PyRuntime; all words. */
struct debug_offsets {
    char cookie[8];
    uint64_t version, free_threaded;
    uint64_t runtime[3], interpreter[13];
    struct {
        uint64_t size, prev, next, interp, current_frame, thread_id, native_thread_id,
            datastack_chunk, status;
    } thread;
    struct {
        uint64_t size, previous, executable, instr_ptr, localsplus, owner;
    } frame;
    struct {
        uint64_t size, filename, name, qualname, linetable, firstlineno, argcount, localsplusnames,
            localspluskinds, co_code_adaptive;
    } code;
    struct {
        uint64_t size, ob_type;
    } object;
    uint64_t type[4], tuple[3], list[3], dict[3], floating[2], integer[3];
    struct {
        uint64_t size, ob_size, ob_sval;
    } bytes;
    struct {
        uint64_t size, state, length, asciiobject_size;
    } unicode;
};

static bool described_as_expected(const struct debug_offsets *d, uint32_t version)
{
    return memcmp(d->cookie, "xdebugpy", 8) == 0 && d->version == version && !d->free_threaded &&
           d->thread.current_frame < d->thread.size && d->thread.size < 4096 &&
           d->frame.size < 512 && d->code.size < 512 && d->object.ob_type == PYTHON_TYPE &&
           d->bytes.ob_size == PYTHON_LENGTH && d->bytes.ob_sval == PYTHON_BYTES &&
           d->unicode.state == PYTHON_STATE && d->unicode.length == PYTHON_LENGTH &&
           d->unicode.asciiobject_size < 128;
}

static bool read_description(
    const struct debug_offsets *d, uint32_t version, struct python_layout *ret_layout)
{
    if (!d || !described_as_expected(d, version))
        return false;
    *ret_layout = (struct python_layout){
        .chain = CHAIN_ENTRIES,
        .language = CODE_PYTHON_LOCATIONS,
        .thread = {.frame = (uint16_t)d->thread.current_frame},
        .frame = {.code = (uint16_t)d->frame.executable,
            .previous = (uint16_t)d->frame.previous,
            .position = (uint16_t)d->frame.instr_ptr,
            .owner = (uint16_t)d->frame.owner,
            .generator = (uint16_t)d->frame.owner,
            .size = (uint16_t)d->frame.size},
        .code = {.name = (uint16_t)d->code.qualname,
            .file = (uint16_t)d->code.filename,
            .first_line = (uint16_t)d->code.firstlineno,
            .lines = (uint16_t)d->code.linetable,
            .flags = FLAGS_FROM_3_11,
            .instructions = (uint16_t)d->code.co_code_adaptive,
            .size = (uint16_t)d->code.size},
        .ascii = (uint16_t)d->unicode.asciiobject_size,
        .not_ascii = (uint16_t)(d->unicode.asciiobject_size + 16), /* and the text in UTF-8 */
    };
    return ret_layout->frame.code < ret_layout->frame.size &&
           ret_layout->frame.previous < ret_layout->frame.size &&
           ret_layout->frame.position < ret_layout->frame.size &&
           ret_layout->frame.owner < ret_layout->frame.size &&
           ret_layout->code.name < ret_layout->code.size &&
           ret_layout->code.file < ret_layout->code.size &&
           ret_layout->code.first_line < ret_layout->code.size &&
           ret_layout->code.lines < ret_layout->code.size &&
           ret_layout->code.instructions <= ret_layout->code.size;
}

/* "3.9.2 (default, …": the only way to ask before 3.11. */
static uint32_t version_of_text(const char *text)
{
    uint32_t part[3] = {0, 0, 0};
    unsigned at = 0;
    for (; *text && *text != ' '; text++) {
        if (*text >= '0' && *text <= '9' && part[at] < 256)
            part[at] = part[at] * 10 + (uint32_t)(*text - '0');
        else if (*text == '.' && at < 2)
            at++;
        else if (*text != '+') /* built from a later commit */
            return 0;
    }
    return part[0] << 24 | part[1] << 16 | part[2] << 8 | 0xf0;
}

/* PY_VERSION_HEX; 0: none that is known. */
static uint32_t version_of(const struct elf_object *object)
{
    const uint32_t *version = elf_object_symbol(object, "Py_Version");
    if (version)
        return *version;
    const char *(*text)(void) =
        (const char *(*)(void))(uintptr_t)elf_object_symbol(object, "Py_GetVersion");
    return text ? version_of_text(text()) : 0;
}

/* Debug builds have more in their objects. */
static bool is_debug_build(const struct elf_object *object)
{
    return elf_object_symbol(object, "_Py_NegativeRefcount") ||
           elf_object_symbol(object, "_Py_PrintReferences");
}

bool python_layout_of(const struct elf_object *object, struct python_layout *ret_layout)
{
    uint32_t version = version_of(object);
    bool is_released = (version & 0xf0) == 0xf0;
    if (!is_released || is_debug_build(object))
        return false;
    switch (version >> 16) {
    case 0x0308:
    case 0x0309:
        *ret_layout = python_3_9;
        return true;
    case 0x030a:
        *ret_layout = python_3_10;
        return true;
    case 0x030b:
        *ret_layout = python_3_11;
        return true;
    case 0x030c:
        *ret_layout = python_3_12;
        return true;
    case 0x030d:
        return read_description(elf_object_symbol(object, "_PyRuntime"), version, ret_layout);
    default:
        return false;
    }
}
