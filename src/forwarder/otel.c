#include "otel.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static char *decode(struct arena *arena, struct bytes value)
{
    char *text = arena_bytes(arena, value), *to = text;
    for (const char *from = text; *from; from++) {
        char digits[3] = {0};
        if (from[0] == '%' && isxdigit((unsigned char)from[1]) &&
            isxdigit((unsigned char)from[2])) {
            memcpy(digits, from + 1, 2);
            *to++ = (char)strtoul(digits, NULL, 16);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return text;
}

const char *otel_attribute(struct arena *arena, const char *attributes, struct bytes key)
{
    struct bytes rest = bytes_of(attributes);
    while (rest.len) {
        struct bytes value = bytes_take(&rest, ','), name = bytes_take(&value, '=');
        if (!bytes_equal(bytes_trim(name), key))
            continue;
        const char *text = decode(arena, bytes_trim(value));
        if (*text)
            return text;
    }
    return NULL;
}
