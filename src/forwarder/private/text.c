#include "private/text.h"

#include <stddef.h>

#include "private/forms.h"
#include "private/scan.h"

enum { PORT_DIGITS_MAX = 5 };

/* ---- names ---- */

static void take_equals(struct scan *s)
{
    bool secret = name_is_secret(&s->name, s->rules->names);
    unsigned level = here(s)->level;
    separate(s);
    s->path = false;
    s->begins = true;
    if (secret && !scan_no_value(s))
        scan_hide_value(s, level, false);
}

static bool is_port(const struct scan *s, size_t at)
{
    size_t n = 0;
    while (n <= PORT_DIGITS_MAX && isdigit((unsigned char)s->units.items[at + n].c))
        n++;
    return n && n <= PORT_DIGITS_MAX && !isalnum((unsigned char)s->units.items[at + n].c);
}

/* "name": value, {name: value}, name:value, but not host:80. */
static void take_colon(struct scan *s)
{
    bool structured = s->name.quoted || s->depth;
    bool assigns =
        structured || s->place == PLACE_QUERY || (s->place == PLACE_TEXT && !is_port(s, s->at + 1));
    bool secret = assigns && name_is_secret(&s->name, s->rules->names);
    unsigned level = here(s)->level;
    s->colons++;
    name_clear(&s->name);
    copy(s);
    s->begins = true;
    if (secret)
        scan_hide_value(s, level, structured);
}

static bool is_address(const struct scan *s)
{
    static const char *const schemes[] = {"mailto:", "acct:"};
    struct bytes user = {s->out->data + s->user, s->out->len - s->user};
    for (size_t i = 0; i < 2; i++)
        if (s->colons == 1 && user.len > strlen(schemes[i]) &&
            strncasecmp(user.data, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return false;
}

/* "user:password@" without a scheme before it. */
static void take_at(struct scan *s)
{
    if (s->colons && !is_address(s)) {
        s->out->len = s->user;
        buf_puts(s->out, SANITIZED);
    }
    separate(s);
}

/* ---- all of it ---- */

static bool hide_credentials(struct scan *s)
{
    size_t offset = 0;
    enum form_scheme scheme = form_scheme(here(s), &offset);
    unsigned level = here(s)->level;
    if (scheme == NO_SCHEME || (scheme != SCHEME_ANYWHERE && !s->begins))
        return false;
    bool text = s->place == PLACE_TEXT;
    if ((!text || scheme == SCHEME_WORD) && !scan_credentials(s, s->at + offset, level))
        return false;
    hide(s, text ? s->units.count : scan_value_end(s, level, false));
    return true;
}

static bool hide_form(struct scan *s)
{
    if (isalnum((unsigned char)before(s)))
        return false;
    size_t token = form_token(here(s), s->place == PLACE_TEXT || s->place == PLACE_QUERY);
    if (token)
        hide(s, s->at + token);
    else if (form_pem(here(s)))
        hide(s, s->place == PLACE_TEXT ? s->units.count : scan_value_end(s, here(s)->level, false));
    else
        return isalpha((unsigned char)here(s)->c) && hide_credentials(s);
    return true;
}

static void take_blank(struct scan *s)
{
    if (!s->whole && here(s)->level == 0 && here(s)->c != '+')
        scan_leave_url(s);
    name_pause(&s->name);
    copy(s);
    new_user(s);
}

static void take_quote(struct scan *s)
{
    if (s->close && here(s)->c == s->close)
        scan_leave_url(s);
    name_quote(&s->name);
    copy(s);
    new_user(s);
}

static void take_bracket(struct scan *s)
{
    char c = here(s)->c;
    bool opens = is_one_of(c, "([{");
    if (c == '>' && s->close == c)
        scan_leave_url(s);
    s->depth += opens;
    s->depth -= !opens && c != '>' && c != '<' && s->depth;
    if ((c == '[' || c == ']') && s->name.len) {
        name_add(&s->name, c);
        copy(s);
    } else {
        separate(s);
    }
    s->begins |= opens;
}

static void take_other(struct scan *s)
{
    name_add(&s->name, here(s)->c);
    s->begins = false;
    copy(s);
}

static void take(struct scan *s)
{
    switch (here(s)->c) {
    case '=':
        take_equals(s);
        break;
    case ':':
        take_colon(s);
        break;
    case '@':
        take_at(s);
        break;
    case '/':
        scan_slash(s);
        break;
    case '?':
    case '#':
        scan_query(s);
        break;
    case ';':
        if (s->path || s->place == PLACE_PATH || s->place == PLACE_AUTHORITY) {
            scan_parameter(s);
            break;
        }
        /* fallthrough */
    case ',':
    case '&':
    case '|':
        if (here(s)->c == '&') {
            s->depth = 0;
            s->path = false;
        }
        separate(s);
        s->begins = true;
        break;
    default:
        take_other(s);
    }
}

static void step(struct scan *s)
{
    if (hide_form(s))
        return;
    if (is_blank(s, here(s)))
        take_blank(s);
    else if (is_one_of(here(s)->c, "\"'"))
        take_quote(s);
    else if (is_one_of(here(s)->c, "<>()[]{}"))
        take_bracket(s);
    else
        take(s);
}

/* All before the last '@', whatever it is. */
static void hide_user(struct scan *s)
{
    for (size_t i = s->units.count; i-- > 0;)
        if (s->units.items[i].c == '@') {
            hide(s, i);
            return;
        }
}

void text_hide(
    const struct text_rules *rules, enum text_kind kind, struct bytes text, struct buf *out)
{
    static const enum place places[] = {[TEXT_URL] = PLACE_PATH,
        [TEXT_PATH] = PLACE_PATH,
        [TEXT_QUERY] = PLACE_QUERY,
        [TEXT_ANY] = PLACE_TEXT,
        [TEXT_AUTHORITY] = PLACE_TEXT};
    struct scan s;
    memset(&s, 0, offsetof(struct scan, units));
    units_read(&s.units, text);
    s.rules = rules;
    s.out = out;
    s.place = places[kind];
    s.whole = kind != TEXT_ANY;
    s.begins = true;
    new_user(&s);
    if (kind == TEXT_AUTHORITY)
        hide_user(&s);
    while (!at_end(&s))
        step(&s);
    units_free(&s.units);
}
