#include "trace/php_failure.h"

#include <string.h>

enum { FILE_BYTES_MAX = 512, CLASS_BYTES_MAX = 256 };

/* Where the last one begins; haystack.len: nowhere. */
static size_t find_last(struct bytes haystack, struct bytes needle)
{
    for (size_t at = haystack.len; at >= needle.len; at--)
        if (memcmp(haystack.data + at - needle.len, needle.data, needle.len) == 0)
            return at - needle.len;
    return haystack.len;
}

static struct bytes before(struct bytes text, size_t n)
{
    return (struct bytes){text.data, n < text.len ? n : text.len};
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '\\';
}

static struct bytes digits(struct bytes text)
{
    size_t n = 0;
    while (n < text.len && text.data[n] >= '0' && text.data[n] <= '9')
        n++;
    return before(text, n);
}

/* "… in FILE on line N" ends each of them. */
static bool read_place(struct bytes text, struct php_failure *failure, size_t *ret_place)
{
    const struct bytes on_line = BYTES(" on line "), in = BYTES(" in ");
    size_t line = find_last(text, on_line);
    size_t place = find_last(before(text, line), in);
    if (line == text.len || place >= line)
        return false;
    failure->line = digits(bytes_skip(text, line + on_line.len));
    failure->file = bytes_skip(before(text, line), place + in.len);
    *ret_place = place;
    for (size_t i = 0; i < failure->file.len; i++)
        if ((unsigned char)failure->file.data[i] < ' ')
            return false;
    return failure->line.len && failure->file.len && failure->file.len <= FILE_BYTES_MAX;
}

/* Behind the last line's beginning that says that it is one. */
static bool find_kind(struct bytes *text, struct bytes *ret_kind)
{
    static const char *const kinds[] = {
        "Fatal error", "Parse error", "Recoverable fatal error", "Compile error", "Core error"};
    struct bytes rest = *text;
    bool found = false;
    for (size_t at; (at = find_last(rest, BYTES("PHP "))) < rest.len; rest = before(rest, at)) {
        struct bytes said = bytes_skip(*text, at + 4);
        const char *colon = memchr(said.data, ':', said.len);
        struct bytes kind = before(said, colon ? (size_t)(colon - said.data) : 0);
        if (!BYTES_ARE_ONE_OF(kind, kinds))
            continue;
        *ret_kind = kind;
        *text = bytes_skip(said, kind.len + 1);
        found = true;
        break;
    }
    return found;
}

static struct bytes class_of(struct bytes said)
{
    const struct bytes uncaught = BYTES("Uncaught ");
    size_t n = 0;
    if (!bytes_start_with(said, uncaught))
        return BYTES("");
    said = bytes_skip(said, uncaught.len);
    while (n < said.len && n < CLASS_BYTES_MAX && is_word(said.data[n]))
        n++;
    return before(said, n);
}

/* Sizes and times, which are the operator's. */
static struct bytes engine_of(struct bytes said)
{
    static const char *const limits[] = {
        "Allowed memory size of ", "Maximum execution time of ", "Out of memory "};
    bool known = false;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        known |= bytes_start_with(said, bytes_of(limits[i]));
    for (size_t i = 0; i < said.len && known; i++)
        known = is_word(said.data[i]) || (said.data[i] && strchr(" ()", said.data[i]));
    return known ? said : BYTES("");
}

bool php_failure_read(struct bytes text, struct php_failure *ret_failure)
{
    *ret_failure = (struct php_failure){.kind = BYTES("Fatal error")};
    size_t place;
    bool whole = find_kind(&text, &ret_failure->kind);
    if (!read_place(text, ret_failure, &place))
        return false;
    if (!whole) /* so ends the trace of what nobody caught */
        return find_last(before(text, place), BYTES("\n  thrown")) + sizeof "\n  thrown" - 1 ==
               place;
    while (text.len && text.data[0] == ' ') {
        text = bytes_skip(text, 1);
        place--;
    }
    ret_failure->class = class_of(text);
    ret_failure->engine = engine_of(before(text, place));
    return true;
}
