#include "trace/query.h"

#include "trace/identifier.h"

enum { QUERY_BYTES_MAX = 4096, IDENTIFIER_BYTES_MAX = 40 };

struct bytes query_of(struct bytes target)
{
    (void)bytes_take(&target, '?');
    struct bytes query = bytes_take(&target, '#');
    query.len = query.len < QUERY_BYTES_MAX ? query.len : QUERY_BYTES_MAX;
    return query;
}

struct bytes query_value(struct bytes query, struct bytes name)
{
    while (query.len) {
        struct bytes value = bytes_take(&query, '&');
        if (bytes_equal_nocase(bytes_take(&value, '='), name))
            return value;
    }
    return (struct bytes){NULL, 0};
}

bool query_is_identifier(struct bytes value)
{
    return is_identifier(value, IDENTIFIER_BYTES_MAX, "-.:");
}
