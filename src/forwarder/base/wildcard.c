#include "base/wildcard.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"

struct wildcard_list {
    size_t count;
    char *patterns[];
};

static bool same(char a, char b, bool ignore_case)
{
    return a == b || (ignore_case && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* What stands between two stars is best matched at the first place possible, so that only the last
 * star ever has to be tried anew. */
bool wildcard_match(const char *pattern, struct bytes text)
{
    bool ignore_case = strncmp(pattern, "(?-i)", 5) != 0;
    const char *p = ignore_case ? pattern : pattern + 5, *star = NULL;
    size_t at = 0, star_at = 0;
    while (at < text.len) {
        if (*p == '*') {
            star = ++p;
            star_at = at;
        } else if (*p && same(*p, text.data[at], ignore_case)) {
            p++;
            at++;
        } else if (star) {
            p = star;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (*p == '*')
        p++;
    return !*p;
}

static size_t count_items(const char *csv)
{
    size_t count = 1;
    for (; *csv; csv++)
        count += *csv == ',';
    return count;
}

static void add_pattern(struct wildcard_list *list, const char *begin, const char *end)
{
    while (begin < end && isspace((unsigned char)*begin))
        begin++;
    while (begin < end && isspace((unsigned char)end[-1]))
        end--;
    if (begin < end)
        list->patterns[list->count++] = xmemdup0(begin, (size_t)(end - begin));
}

struct wildcard_list *wildcard_list_parse(const char *csv)
{
    if (!csv)
        csv = "";
    struct wildcard_list *list =
        xcalloc(1, sizeof *list + count_items(csv) * sizeof *list->patterns);
    for (const char *end; *csv; csv = *end ? end + 1 : end) {
        end = strchrnul(csv, ',');
        add_pattern(list, csv, end);
    }
    return list;
}

const char *wildcard_list_match(const struct wildcard_list *list, struct bytes text)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (wildcard_match(list->patterns[i], text))
            return list->patterns[i];
    return NULL;
}

void wildcard_list_free(struct wildcard_list *list)
{
    for (size_t i = 0; list && i < list->count; i++)
        free(list->patterns[i]);
    free(list);
}
