#include "redact.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdbool.h>

#include "base/buf.h"

static const char redacted[] = "[REDACTED]";

/* As sanitize_field_names has them by default, those that make sense on a command line. */
static const char *const secret_names[] = {"*password", "*passwd", "*pwd", "pw", "pass", "*secret*",
    "*key", "*token*", "*credential*", "auth", "*authorization"};

enum { NAME_BYTES_MAX = 64 };

static bool is_secret(const char *name, size_t len)
{
    char copy[NAME_BYTES_MAX];
    while (len && *name == '-') {
        name++;
        len--;
    }
    if (len == 0 || len >= sizeof copy)
        return false;
    memcpy(copy, name, len);
    copy[len] = '\0';
    for (size_t i = 0; i < sizeof secret_names / sizeof *secret_names; i++)
        if (fnmatch(secret_names[i], copy, FNM_CASEFOLD) == 0)
            return true;
    return false;
}

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static size_t value_length(const char *value)
{
    const char *end = *value == '\'' || *value == '"' ? strchr(value + 1, *value) : NULL;
    return end ? (size_t)(end + 1 - value) : strcspn(value, " \t&;,");
}

/* Copies `text`, with the values of secret names left out. */
static void add_without_values(struct buf *out, const char *text)
{
    const char *name = text;
    for (const char *c = text; *c;) {
        bool assigns = *c == '=' && is_secret(name, (size_t)(c - name));
        if (!in_name(*c))
            name = c + 1;
        buf_putc(out, *c++);
        if (assigns && *c) {
            buf_puts(out, redacted);
            c += value_length(c);
            name = c;
        }
    }
}

/* `psql -c "select ..."`, `sh -c "..."`: statements and code, which may hold anything. A single
 * word is more likely a file's name. */
static bool is_code(const char *argument, const char *before)
{
    static const char *const options[] = {"-c", "-e", "-E", "-r", "--command", "--eval"};
    if (strncmp(argument, "--command=", 10) == 0 || strncmp(argument, "--eval=", 7) == 0)
        return true;
    bool follows = false;
    for (size_t i = 0; before && i < sizeof options / sizeof *options; i++)
        follows |= strcmp(before, options[i]) == 0;
    return follows && strpbrk(argument, " \t\n");
}

const char *redact_argument(struct arena *arena, const char *argument, const char *before)
{
    struct buf out = {0};
    if (before && before[0] == '-' && argument[0] != '-' && is_secret(before, strlen(before)))
        return redacted;
    if (is_code(argument, before))
        return redacted;
    const char *scheme = strstr(argument, "://");
    const char *at = scheme ? strpbrk(scheme + 3, "@/?") : NULL;
    if (at && *at == '@') {
        buf_add(&out, argument, (size_t)(scheme + 3 - argument));
        buf_puts(&out, redacted);
        argument = at;
    }
    add_without_values(&out, argument);
    const char *result = arena_string(arena, out.data ? out.data : "");
    buf_free(&out);
    return result;
}
