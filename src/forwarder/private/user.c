#include "private/user.h"

#include <ctype.h>

enum { PORT_DIGITS_MAX = 5 };

static bool is_one_of(struct unit unit, const char *set)
{
    return unit.c && strchr(set, unit.c);
}

/* Where the word ends in which a URL is; a quote may be in a password. */
static bool ends_word(struct unit unit, bool whole)
{
    return !whole && unit.level == 0 && is_one_of(unit, " \t\r\n<>");
}

static size_t last_at(
    const struct units *units, size_t from, bool whole, struct user_search *search)
{
    if (from >= search->end) {
        search->last = 0;
        for (search->end = from; search->end < units->count; search->end++) {
            if (ends_word(units->items[search->end], whole))
                break;
            if (units->items[search->end].c == '@')
                search->last = search->end + 1;
        }
    }
    return search->last;
}

/* "host:80" is what it looks like where the host cannot be a user's name, or hardly so. */
static bool is_host_and_port(const struct units *units, size_t at, size_t colon, size_t end)
{
    bool sure = units->items[at].c == '[';
    for (size_t i = at; i < colon; i++)
        sure |= units->items[i].c == '.';
    if (colon - at == strlen("localhost") && units->items[at].level == 0)
        sure |= strncasecmp(units->text.data + units->items[at].begin, "localhost", 9) == 0;
    if (end - colon - 1 > PORT_DIGITS_MAX)
        return false;
    for (size_t i = colon + 1; i < end; i++)
        if (!isdigit((unsigned char)units->items[i].c))
            return false;
    return sure;
}

/* By the standard an authority ends at the first of "/?#". Where it is no host and port, that may
 * be in the password. */
size_t user_end(
    const struct units *units, size_t at, unsigned level, bool whole, struct user_search *search)
{
    size_t end = at, found = at, colon = units->count;
    bool any = false, ipv6 = units->items[at].c == '[';
    for (; end < units->count && !ends_word(units->items[end], whole); end++) {
        struct unit unit = units->items[end];
        if (unit.level <= level && is_one_of(unit, "/?#"))
            break;
        if (unit.c == '@') {
            found = end;
            any = true;
        }
        ipv6 &= unit.c != ']';
        if (unit.c == ':' && !ipv6 && colon == units->count)
            colon = end;
    }
    if (any || colon == units->count || is_host_and_port(units, at, colon, end))
        return found;
    size_t last = last_at(units, at, whole, search);
    return last > at ? last - 1 : at;
}
