/* The facts are from PHP's headers (Zend/zend_globals.h, zend_compile.h, zend_types.h, zend.h);
 * those that differ between versions are in the table. */
#include "php.h"

#include <stddef.h>
#include <string.h>

#include "elf.h"
#include "hash.h"
#include "readable.h"
#include "recorder.h"

enum {
    DEPTH_MAX = 4096,
    NAME_MAX_BYTES = 512,
    FILE_MAX_BYTES = 1024,
    GLOBALS_FRAME = 488, /* executor_globals: current_execute_data */
    /* zend_execute_data */
    FRAME_INSTRUCTION = 0,
    FRAME_FUNCTION = 24,
    FRAME_CALL_INFO = 40,
    FRAME_PREVIOUS = 48,
    FRAME_SIZE = 56,
    CALL_TOP = 1 << 17, /* the interpreter's loop was entered with this frame */
    /* zend_op */
    INSTRUCTION_SIZE = 32,
    INSTRUCTION_LINE = 24,
    /* zend_op_array; its first byte tells what it is */
    FUNCTION_NAME = 8,
    FUNCTION_CLASS = 16,
    FUNCTION_BUILT_IN = 1,
    FUNCTION_USER = 2,
    FUNCTION_EVAL = 4,
    CLASS_NAME = 8,
    /* zend_string */
    STRING_HASH = 8,
    STRING_LENGTH = 16,
    STRING_BYTES = 24,
};

struct php_layout {
    const char *version;
    uint16_t file, first_line, instructions, count; /* in zend_op_array */
};

static const struct php_layout layouts[] = {
    {"Zend Engine v3.4.", 136, 144, 64, 60},  /* PHP 7.4 */
    {"Zend Engine v4.2.", 152, 160, 88, 80},  /* PHP 8.2 */
    {"Zend Engine v4.4.", 168, 176, 104, 96}, /* PHP 8.4 */
};

static struct {
    const struct php_layout *layout;
    uintptr_t globals, loop_start, loop_length;
} php;

static bool find(void)
{
    struct elf_object object;
    const char *(*version)(void) = (const char *(*)(void))elf_any("get_zend_version", &object);
    /* Thread-safe builds have no such global; debug builds have more in their objects. */
    php.globals = version ? (uintptr_t)elf_object_symbol(&object, "executor_globals") : 0;
    if (!php.globals || elf_object_symbol(&object, "zend_rc_debug"))
        return false;
    php.loop_start = (uintptr_t)elf_object_symbol(&object, "execute_ex");
    php.loop_length = elf_object_symbol_size(&object, "execute_ex");
    php.layout = NULL;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (strncmp(version(), layouts[i].version, strlen(layouts[i].version)) == 0)
            php.layout = &layouts[i];
    return php.layout && php.loop_start;
}

/* ---- functions ---- */

struct text {
    const char *bytes;
    size_t len;
    uint64_t hash; /* as PHP has computed it, 0: not yet */
};

struct content {
    struct text class_name, name, file;
    uint32_t first_line;
};

static bool read_text(uintptr_t string, struct text *ret_text)
{
    *ret_text = (struct text){.bytes = ""};
    if (!string)
        return true;
    if (!memory_readable(string, STRING_BYTES))
        return false;
    ret_text->len = memory_word(string + STRING_LENGTH);
    ret_text->hash = memory_word(string + STRING_HASH);
    ret_text->bytes = (const char *)(string + STRING_BYTES);
    return ret_text->len < 65536 && memory_readable(string, STRING_BYTES + ret_text->len + 1);
}

/* An anonymous class' name goes on behind a NUL. */
static size_t shown(const struct text *text, size_t max)
{
    return strnlen(text->bytes, text->len < max ? text->len : max);
}

static bool read_content(uintptr_t function, struct content *c)
{
    uintptr_t class_entry = memory_word(function + FUNCTION_CLASS), class_name = 0;
    if (class_entry) {
        if (!memory_readable(class_entry, CLASS_NAME + 8))
            return false;
        class_name = memory_word(class_entry + CLASS_NAME);
    }
    c->first_line = memory_half(function + php.layout->first_line);
    return read_text(class_name, &c->class_name) &&
           read_text(memory_word(function + FUNCTION_NAME), &c->name) &&
           read_text(memory_word(function + php.layout->file), &c->file) && c->file.len;
}

static uint64_t mix_text(uint64_t hash, const struct text *text)
{
    hash = hash_mix(hash, (uintptr_t)text->bytes ^ (uint64_t)text->len << 48);
    return text->hash ? hash_mix(hash, text->hash) : hash_bytes(hash, text->bytes, text->len);
}

static uint64_t function_id(uintptr_t function)
{
    struct content c;
    if (!read_content(function, &c))
        return 0;
    uint64_t print = mix_text(hash_mix(function, c.first_line), &c.class_name);
    print = mix_text(mix_text(print, &c.name), &c.file);
    uint64_t id = code_id_known(function, print);
    if (likely(id))
        return id;
    id = hash_mix(CODE_PHP, c.first_line);
    id = hash_bytes(id, c.class_name.bytes, shown(&c.class_name, NAME_MAX_BYTES));
    id = hash_bytes(id, c.name.bytes, shown(&c.name, NAME_MAX_BYTES));
    id = hash_bytes(id, c.file.bytes, shown(&c.file, FILE_MAX_BYTES));
    code_id_remember(function, print, id);
    return id;
}

static char *put_text(char *out, const struct text *text, size_t max)
{
    size_t len = shown(text, max);
    memcpy(out, text->bytes, len);
    return out + len;
}

/* Code outside of functions has no name. */
static char *put_name(char *out, const struct content *c)
{
    static const struct text separator = {"::", 2, 0}, file_code = {"{main}", 6, 0};
    if (c->class_name.len)
        out = put_text(put_text(out, &c->class_name, NAME_MAX_BYTES / 2), &separator, 2);
    return put_text(out, c->name.len ? &c->name : &file_code, NAME_MAX_BYTES / 2);
}

static bool tell(uintptr_t function, uint64_t id)
{
    struct content c;
    if (!read_content(function, &c))
        return false;
    size_t room = shown(&c.class_name, NAME_MAX_BYTES / 2) + shown(&c.name, NAME_MAX_BYTES / 2) +
                  shown(&c.file, FILE_MAX_BYTES) + sizeof "::{main}";
    struct rec_code *r = recorder_begin(REC_CODE, sizeof *r + room, recorder_now());
    if (!r)
        return false;
    char *name = (char *)(r + 1), *file = put_name(name, &c);
    char *end = put_text(file, &c.file, FILE_MAX_BYTES);
    r->code_id = id;
    r->language = CODE_PHP;
    r->first_line = c.first_line;
    r->name_len = (uint16_t)(file - name);
    r->file_len = (uint16_t)(end - file);
    r->table_len = 0;
    r->head.size = (uint32_t)record_round((size_t)(end - (char *)r));
    recorder_commit(r);
    return true;
}

/* ---- frames ---- */

/* The line that the frame is in; 0: its instruction is not of its function, as after an exception.
 */
static uint32_t line_of(uintptr_t frame, uintptr_t function)
{
    uintptr_t first = memory_word(function + php.layout->instructions);
    uintptr_t at = memory_word(frame + FRAME_INSTRUCTION);
    uintptr_t size = (uintptr_t)memory_half(function + php.layout->count) * INSTRUCTION_SIZE;
    if (at - first >= size || !memory_readable(at, INSTRUCTION_SIZE))
        return 0;
    return memory_half(at + INSTRUCTION_LINE);
}

static bool add_frame(struct code_stack *stack, uintptr_t frame, uintptr_t function)
{
    uint64_t id = function_id(function);
    if (!id)
        return false;
    code_stack_add(stack, id, line_of(frame, function), function);
    return true;
}

/* One frame of the chain; those of functions written in C are native ones, and others stand for
 * something else. */
static bool visit(struct placing *placing, unsigned limit, uintptr_t frame)
{
    uintptr_t function = memory_word(frame + FRAME_FUNCTION);
    if (!function)
        return true;
    if (!memory_readable(function, php.layout->first_line + 8u))
        return false;
    uint8_t kind = *(const uint8_t *)function;
    if (kind == FUNCTION_BUILT_IN)
        return true;
    if (kind != FUNCTION_USER && kind != FUNCTION_EVAL)
        return false;
    if (placing->stack->count < limit && !add_frame(placing->stack, frame, function))
        return false;
    return !(memory_half(frame + FRAME_CALL_INFO) & CALL_TOP) || placing_next(placing, 0);
}

static bool walk(const struct native_stack *native, unsigned limit, struct code_stack *stack)
{
    struct placing placing = {.native = native,
        .stack = stack,
        .loop_start = php.loop_start,
        .loop_length = php.loop_length};
    uintptr_t frame = memory_word(php.globals + GLOBALS_FRAME);
    for (unsigned depth = 0; frame && depth < DEPTH_MAX; depth++) {
        if (stack->count == limit && placing.placed == limit)
            return true;
        if (!memory_readable(frame, FRAME_SIZE) || !visit(&placing, limit, frame))
            return false;
        frame = memory_word(frame + FRAME_PREVIOUS);
    }
    return frame ? placing_next(&placing, 0) : placing.placed == stack->count;
}

const struct interpreter php_interpreter = {.find = find, .walk = walk, .tell = tell};
