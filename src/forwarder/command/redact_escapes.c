#include "command/redact_escapes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "command/redact_text.h"

enum { DEPTH_MAX = 3 };

static int read_hex(const char *digits, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        unsigned char c = (unsigned char)digits[i];
        if (!isxdigit(c))
            return 0;
        value = value * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    return value;
}

/* The character that is spelled here, 0: none. */
static int read_escape(const char *c, size_t *ret_len)
{
    int digits = *c == '%'                     ? 2
                 : c[0] == '\\' && c[1] == 'x' ? 2
                 : c[0] == '\\' && c[1] == 'u' ? 4
                                               : 0;
    size_t head = *c == '%' ? 1 : 2;
    if (!digits)
        return 0;
    int value = read_hex(c + head, digits);
    *ret_len = head + (size_t)digits;
    return value < 0x100 ? value : 0;
}

/* NULL: nothing is spelled so. */
static const char *unescape(struct arena *arena, const char *text)
{
    char *copy = arena_string(arena, text), *out = copy;
    bool any = false;
    for (size_t len = 1; *text; text += len) {
        int c = read_escape(text, &len);
        any |= c != 0;
        if (!c)
            len = 1;
        *out++ = c ? (char)c : *text;
    }
    *out = '\0';
    return any ? copy : NULL;
}

const char *redact_escapes(
    struct arena *arena, const char *text, bool is_setting, bool *ret_pending)
{
    bool pending;
    const char *safe = redact_text(arena, text, is_setting, ret_pending), *shown = safe;
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        text = unescape(arena, text);
        if (!text)
            break;
        const char *plain = unescape(arena, shown);
        shown = plain ? plain : shown;
        if (strcmp(redact_text(arena, text, is_setting, &pending), shown) != 0)
            return NULL;
        *ret_pending |= pending;
    }
    return safe;
}
