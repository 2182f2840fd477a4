#include "private/scan.h"

void scan_leave_url(struct scan *s)
{
    s->place = s->whole ? s->place : PLACE_TEXT;
    s->close = '\0';
}

size_t scan_url_end(const struct scan *s)
{
    size_t at = s->at;
    for (; at < s->units.count; at++) {
        struct unit unit = s->units.items[at];
        if ((s->close && unit.c == s->close) ||
            (!s->whole && unit.level == 0 && is_one_of(unit.c, " \t\r\n")))
            break;
    }
    return at;
}

static char closing(char opening)
{
    return opening == '<' ? '>' : is_one_of(opening, "\"'") ? opening : '\0';
}

static void enter_path(struct scan *s)
{
    s->place = PLACE_PATH;
    if (s->rules->url == URL_TEMPLATE)
        s->at = scan_url_end(s);
}

/* Behind "//". */
static void enter_authority(struct scan *s, unsigned level)
{
    size_t scheme = s->at - 2; /* where it begins */
    if (s->place == PLACE_TEXT) {
        while (scheme && (isalnum((unsigned char)s->units.items[scheme - 1].c) ||
                             is_one_of(s->units.items[scheme - 1].c, "+-.:")))
            scheme--;
        s->close = closing(scheme ? s->units.items[scheme - 1].c : '\0');
    }
    if (s->place != PLACE_QUERY)
        s->place = PLACE_AUTHORITY;
    hide(s, user_end(&s->units, s->at, level, s->whole, &s->search));
}

/* A path on its own is what begins with a slash. */
void scan_slash(struct scan *s)
{
    char last = before(s);
    unsigned level = here(s)->level;
    s->path |= s->place == PLACE_QUERY && (s->begins || last == '/');
    separate(s);
    if (last == '/')
        enter_authority(s, level);
    else if (s->place == PLACE_AUTHORITY)
        enter_path(s);
    else if (s->place == PLACE_TEXT && here(s)->c != '/' &&
             (!last || is_one_of(last, " \t<\"'=("))) {
        s->close = closing(last);
        enter_path(s);
    }
}

void scan_query(struct scan *s)
{
    s->path = false;
    if (s->place != PLACE_AUTHORITY && s->place != PLACE_PATH) {
        separate(s);
        return;
    }
    s->place = PLACE_QUERY;
    if (s->rules->url == URL_FULL) {
        separate(s);
        s->begins = true;
    } else {
        s->at = scan_url_end(s);
    }
}

/* Parameters of a path's segment, of which the first one's name stays. */
void scan_parameter(struct scan *s)
{
    unsigned level = here(s)->level;
    separate(s);
    if (!s->whole && is_one_of(here(s)->c, " \t")) {
        scan_leave_url(s);
        return;
    }
    enum place place = s->place;
    s->place = PLACE_PATH;
    size_t end = scan_value_end(s, level, false), equals = s->at;
    s->place = place;
    while (equals < end && s->units.items[equals].c != '=')
        equals++;
    while (equals < end && s->at <= equals)
        copy(s);
    hide(s, end);
}
