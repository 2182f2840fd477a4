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
    while (attributes && *attributes) {
        size_t len = strcspn(attributes, ",");
        struct bytes pair = {attributes, len};
        const char *equals = memchr(pair.data, '=', pair.len);
        if (equals &&
            bytes_equal(bytes_trim((struct bytes){pair.data, (size_t)(equals - pair.data)}), key)) {
            const char *value =
                decode(arena, bytes_trim(bytes_skip(pair, (size_t)(equals - pair.data) + 1)));
            if (*value)
                return value;
        }
        attributes += len + (attributes[len] == ',');
    }
    return NULL;
}
