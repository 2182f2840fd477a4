#include "trace/identifier.h"

#include <ctype.h>

bool is_identifier(struct bytes b, size_t most, const char *signs)
{
    if (!b.len || b.len > most || !(isalpha((unsigned char)b.data[0]) || b.data[0] == '_'))
        return false;
    for (size_t i = 0; i < b.len; i++) {
        char c = b.data[i];
        if (!isalnum((unsigned char)c) && c != '_' && !(c && strchr(signs, c)))
            return false;
    }
    return true;
}
