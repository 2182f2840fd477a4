#include "private/sanitize.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/wildcard.h"

/* A service's clients and itself use the same few names over and over. */
enum { REMEMBERED = 256, PROBES = 4, KNOWN_BYTES_MAX = 46 };

struct verdict {
    uint8_t len;
    bool hides;
    char name[KNOWN_BYTES_MAX];
};

struct sanitizer {
    struct wildcard_list *patterns, *more;
    struct verdict verdicts[REMEMBERED + PROBES]; /* by hash, or a little behind; len 0: none */
};

struct sanitizer *sanitizer_new(const char *csv, const char *more)
{
    struct sanitizer *sanitizer = xcalloc(1, sizeof *sanitizer);
    sanitizer->patterns = wildcard_list_parse(csv);
    sanitizer->more = wildcard_list_parse(more);
    return sanitizer;
}

/* Where the name is remembered, or where it is to be: in a free place, else in another's. */
static struct verdict *place_of(struct sanitizer *sanitizer, struct bytes name)
{
    uint32_t hash = (uint32_t)name.len;
    for (size_t i = 0; i < name.len; i++)
        hash = hash * 31 + (unsigned char)name.data[i];
    struct verdict *first = &sanitizer->verdicts[hash % REMEMBERED];
    for (struct verdict *v = first; v < first + PROBES; v++)
        if (!v->len || bytes_equal((struct bytes){v->name, v->len}, name))
            return v;
    return first;
}

static bool judge(const struct sanitizer *sanitizer, struct bytes name)
{
    return bytes_equal_nocase(name, BYTES("cookie")) ||
           wildcard_list_match(sanitizer->patterns, name) ||
           wildcard_list_match(sanitizer->more, name);
}

bool sanitize_hides(struct sanitizer *sanitizer, struct bytes name)
{
    if (!name.len || name.len > KNOWN_BYTES_MAX)
        return judge(sanitizer, name);
    struct verdict *verdict = place_of(sanitizer, name);
    if (bytes_equal((struct bytes){verdict->name, verdict->len}, name))
        return verdict->hides;
    memcpy(verdict->name, name.data, name.len);
    verdict->len = (uint8_t)name.len;
    verdict->hides = judge(sanitizer, name);
    return verdict->hides;
}

void sanitizer_free(struct sanitizer *sanitizer)
{
    wildcard_list_free(sanitizer->patterns);
    wildcard_list_free(sanitizer->more);
    free(sanitizer);
}
