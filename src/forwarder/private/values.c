#include "private/forms.h"
#include "private/scan.h"

enum { ASSIGNED_NAME_MAX = 64 };

/* Whether "name=" follows, or "name:" where that gives values. */
static bool assignment_follows(const struct scan *s, size_t at, bool colon)
{
    const struct unit *unit = &s->units.items[at];
    while (is_one_of(unit->c, " \t\r\n\"'"))
        unit++;
    size_t n = 0;
    while (n < ASSIGNED_NAME_MAX &&
           (isalnum((unsigned char)unit[n].c) || is_one_of(unit[n].c, "_-.[]$")))
        n++;
    unit += n;
    return n && (unit->c == '=' || (colon && is_one_of(unit->c, ":\"'")));
}

static bool ends_value(const struct scan *s, size_t at, bool structured)
{
    char c = s->units.items[at].c;
    if (c == '&' || (s->close && c == s->close))
        return true;
    if (structured && (is_one_of(c, "})]") || (c == ',' && assignment_follows(s, at + 1, true))))
        return true;
    if (s->place == PLACE_TEXT)
        return is_one_of(c, ",;") && assignment_follows(s, at + 1, false);
    return s->place != PLACE_QUERY && is_one_of(c, "/?#");
}

size_t scan_value_end(const struct scan *s, unsigned level, bool structured)
{
    size_t at = s->at;
    if (is_one_of(here(s)->c, "{[("))
        structured = false;
    while (
        at < s->units.count && (s->units.items[at].level > level || !ends_value(s, at, structured)))
        at++;
    return at;
}

/* Without the quote that ends it. */
static size_t quoted_end(const struct scan *s, char quote, bool escaped)
{
    size_t at = s->at;
    for (; at < s->units.count; at++)
        if (s->units.items[at].c == quote &&
            (at > s->at && s->units.items[at - 1].c == '\\') == escaped)
            return escaped ? at - 1 : at;
    return at;
}

void scan_hide_value(struct scan *s, unsigned level, bool structured)
{
    bool escaped = false;
    while (is_blank(s, here(s)) || here(s)->c == '\\') {
        escaped = here(s)->c == '\\';
        copy(s);
    }
    char quote = here(s)->c;
    if (!is_one_of(quote, "\"'")) {
        hide(s, scan_value_end(s, level, structured));
        return;
    }
    copy(s);
    hide(s, quoted_end(s, quote, escaped));
    while (!at_end(s) && is_one_of(here(s)->c, "\\\"'"))
        copy(s);
    bool over = (s->place == PLACE_TEXT || structured) &&
                (is_blank(s, here(s)) || is_one_of(here(s)->c, ",;>)]}"));
    if (!over)
        hide(s, scan_value_end(s, level, structured)); /* it was no quote */
}

bool scan_no_value(const struct scan *s)
{
    size_t at = s->at;
    while (at < s->units.count && s->units.items[at].c == '=')
        at++;
    if (is_one_of(s->units.items[at].c, "\"'") && isalnum((unsigned char)s->units.items[at + 1].c))
        return false; /* it may end the text around this, or begin the value */
    return at == s->units.count || ends_value(s, at, false);
}

bool scan_credentials(const struct scan *s, size_t at, unsigned level)
{
    const struct unit *unit = &s->units.items[at];
    size_t n = 0;
    while (at + n < s->units.count && !is_blank(s, &unit[n]) &&
           (unit[n].level > level || !ends_value(s, at + n, false)))
        n++;
    bool more = at + n < s->units.count && is_blank(s, &unit[n]) &&
                (s->whole || unit[n].level || unit[n].c == '+');
    return !more && form_credentials(unit, n);
}
