#include "private/name.h"

#include <ctype.h>

void name_clear(struct name *name)
{
    name->len = 0;
    name->too_long = name->over = name->opened = name->quoted = false;
}

void name_add(struct name *name, char c)
{
    if (!isprint((unsigned char)c) || c == '\\') /* somebody may leave it out */
        return;
    if (name->over)
        name_clear(name);
    if (name->len < NAME_BYTES_MAX)
        name->text[name->len++] = c;
    else
        name->too_long = true;
}

void name_pause(struct name *name)
{
    name->over = name->len > 0;
}

void name_quote(struct name *name)
{
    if (name->opened && name->len) {
        name->quoted = name->over = true;
        return;
    }
    name_clear(name);
    name->opened = true;
}

/* Patterns have the one or the other. */
static bool is_listed(struct bytes part, struct sanitizer *names)
{
    char other[NAME_BYTES_MAX];
    if (!part.len)
        return false;
    if (sanitize_hides(names, part))
        return true;
    for (size_t i = 0; i < part.len; i++)
        other[i] = part.data[i] == '-' ? '_' : part.data[i];
    return memchr(part.data, '-', part.len) &&
           sanitize_hides(names, (struct bytes){other, part.len});
}

bool name_is_secret(const struct name *name, struct sanitizer *names)
{
    if (!names || !name->len)
        return false;
    if (name->too_long || is_listed((struct bytes){name->text, name->len}, names))
        return true;
    for (size_t begin = 0, i = 0; i <= name->len; i++)
        if (i == name->len || strchr(".[]$!*~", name->text[i])) {
            if (is_listed((struct bytes){name->text + begin, i - begin}, names))
                return true;
            begin = i + 1;
        }
    return false;
}
