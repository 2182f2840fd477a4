#include "trace/query.h"

#include <ctype.h>

enum { QUERY_BYTES_MAX = 4096, IDENTIFIER_BYTES_MAX = 40 };

struct bytes query_take(struct bytes *rest, char delimiter)
{
    const char *end = rest->len ? memchr(rest->data, delimiter, rest->len) : NULL;
    struct bytes part = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    *rest = bytes_skip(*rest, part.len + (end != NULL));
    return part;
}

struct bytes query_of(struct bytes target)
{
    (void)query_take(&target, '?');
    struct bytes query = query_take(&target, '#');
    query.len = query.len < QUERY_BYTES_MAX ? query.len : QUERY_BYTES_MAX;
    return query;
}

struct bytes query_value(struct bytes query, struct bytes name)
{
    while (query.len) {
        struct bytes value = query_take(&query, '&');
        if (bytes_equal_nocase(query_take(&value, '='), name))
            return value;
    }
    return (struct bytes){NULL, 0};
}

bool query_is_identifier(struct bytes value)
{
    if (!value.len || value.len > IDENTIFIER_BYTES_MAX ||
        (!isalpha((unsigned char)value.data[0]) && value.data[0] != '_'))
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (!isalnum((unsigned char)value.data[i]) &&
            !(value.data[i] && strchr("_-.:", value.data[i])))
            return false;
    return true;
}
