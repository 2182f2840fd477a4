#include "private/text.h"

#include <limits.h>
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

/* No port: a password whose '@' was cut off. */
static bool is_rest_of_user(const struct scan *s)
{
    char next = here(s)[1].c;
    return s->place == PLACE_AUTHORITY && !s->depth && next && !is_one_of(next, "/?#*\\") &&
           !is_blank(s, here(s) + 1) && !is_port(s, s->at + 1);
}

/* "name": value, {name: value}, name:value, but not host:80. */
static void take_colon(struct scan *s)
{
    bool structured = s->name.quoted || s->depth;
    bool assigns =
        structured || s->place == PLACE_QUERY || (s->place == PLACE_TEXT && !is_port(s, s->at + 1));
    bool secret = assigns && name_is_secret(&s->name, s->rules->names);
    unsigned level = here(s)->level;
    bool rest = is_rest_of_user(s);
    s->colons++;
    name_clear(&s->name);
    copy(s);
    s->begins = true;
    if (rest)
        hide(s, scan_url_end(s));
    else if (secret)
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
    char c = here(s)->c;
    if ((!isalpha((unsigned char)c) && c != '-') || isalnum((unsigned char)before(s)))
        return false;
    size_t token = form_token(here(s), s->place == PLACE_TEXT || s->place == PLACE_QUERY);
    if (token)
        hide(s, s->at + token);
    else if (form_pem(here(s)))
        hide(s, s->place == PLACE_TEXT ? s->units.count : scan_value_end(s, here(s)->level, false));
    else
        return (s->begins || c == 'b' || c == 'B') && hide_credentials(s);
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

/* Most of a text are words, in which nothing begins. */
static void take_word(struct scan *s)
{
    size_t end = s->at, begin = here(s)->begin;
    for (; isalnum((unsigned char)s->units.items[end].c); end++)
        name_add(&s->name, s->units.items[end].c);
    buf_add(s->out, s->units.text.data + begin, s->units.items[end].begin - begin);
    s->at = end;
    s->begins = false;
}

static void take_other(struct scan *s)
{
    name_add(&s->name, here(s)->c);
    s->begins = false;
    copy(s);
}

static void take_separator(struct scan *s)
{
    if (here(s)->c == '&') {
        s->depth = 0;
        s->path = false;
    }
    separate(s);
    s->begins = true;
}

static void take_semicolon(struct scan *s)
{
    if (s->path || s->place == PLACE_PATH || s->place == PLACE_AUTHORITY)
        scan_parameter(s);
    else
        take_separator(s);
}

static void take_plus(struct scan *s)
{
    if (is_blank(s, here(s)))
        take_blank(s);
    else
        take_other(s);
}

static void (*const takers[UCHAR_MAX + 1])(struct scan *) = {
    [' '] = take_blank,
    ['\t'] = take_blank,
    ['\r'] = take_blank,
    ['\n'] = take_blank,
    ['"'] = take_quote,
    ['\''] = take_quote,
    ['<'] = take_bracket,
    ['>'] = take_bracket,
    ['('] = take_bracket,
    [')'] = take_bracket,
    ['['] = take_bracket,
    [']'] = take_bracket,
    ['{'] = take_bracket,
    ['}'] = take_bracket,
    ['='] = take_equals,
    [':'] = take_colon,
    ['@'] = take_at,
    ['/'] = scan_slash,
    ['?'] = scan_query,
    ['#'] = scan_query,
    [';'] = take_semicolon,
    [','] = take_separator,
    ['&'] = take_separator,
    ['|'] = take_separator,
    ['+'] = take_plus,
};

static void step(struct scan *s)
{
    unsigned char c = (unsigned char)here(s)->c;
    if (hide_form(s))
        return;
    if (isalnum(c))
        take_word(s);
    else if (takers[c])
        takers[c](s);
    else
        take_other(s);
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
