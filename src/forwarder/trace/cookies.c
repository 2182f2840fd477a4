#include "trace/cookies.h"

#include <ctype.h>

#include "private/name.h"
#include "protocol/http1_head.h"

enum { COOKIES_MAX = 64, WORD_MAX = 16, DIGITS_MAX = 4 };

static bool is_number(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!isdigit((unsigned char)value.data[i]))
            return false;
    return value.len <= DIGITS_MAX;
}

/* "dark", "en-GB", "Accepted", "per_page", but nothing that chance may have made. */
static bool is_word(struct bytes value)
{
    bool lower = false; /* of this part */
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool separator = c == '-' || c == '_';
        if ((!isalpha(c) && !separator) || (isupper(c) && lower))
            return false;
        lower = !separator && (lower || islower(c));
    }
    return value.len <= WORD_MAX;
}

static bool is_secret(const struct privacy *privacy, struct bytes name, struct bytes value)
{
    struct name read = {0};
    for (size_t i = 0; i < name.len; i++)
        name_add(&read, name.data[i]);
    return name_is_secret(&read, privacy->text.names) || !(is_word(value) || is_number(value));
}

static void keep(const struct privacy *privacy, struct arena *arena, struct bytes pair,
    struct header *items, size_t *count)
{
    const char *equals = pair.len ? memchr(pair.data, '=', pair.len) : NULL;
    if (!equals || *count == COOKIES_MAX)
        return;
    struct bytes name = bytes_trim((struct bytes){pair.data, (size_t)(equals - pair.data)});
    struct bytes value = bytes_trim(bytes_skip(pair, (size_t)(equals - pair.data) + 1));
    if (!http1_is_token(name) || name.len > NAME_BYTES_MAX)
        return;
    items[*count].name = arena_bytes(arena, name);
    items[(*count)++].value =
        is_secret(privacy, name, value) ? SANITIZED : arena_bytes(arena, value);
}

struct headers cookies_of(const struct privacy *privacy, struct arena *arena,
    const struct header_view *headers, size_t count)
{
    struct header *items = NULL;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct bytes rest = headers[i].value;
        if (!bytes_equal_nocase(headers[i].name, BYTES("cookie")))
            continue;
        if (!items)
            items = arena_alloc(arena, COOKIES_MAX * sizeof *items);
        while (rest.len)
            keep(privacy, arena, bytes_take(&rest, ';'), items, &found);
    }
    return (struct headers){found, items};
}
