#include "trace/sanitize.h"

bool sanitize_hides(const struct wildcard_list *names, struct bytes name)
{
    return bytes_equal_nocase(name, BYTES("cookie")) || wildcard_list_match(names, name);
}
