/* A walk along the text from name to name. What is looked ahead for is remembered, or ends where
 * the next look begins, so that it takes no longer for being odd. */
#include "command/redact_text.h"

#include <ctype.h>

#include "command/redact_values.h"
#include "command/secret_names.h"

struct scan {
    struct buf out;
    const char *text, *c, *end;
    const char *name; /* where the run of name characters began that ends at c */
    bool is_setting, pending;
    const char *word_end;           /* of the word that c is in, by blanks */
    const char *login, *login_end;  /* "user:password" in it, before an '@' */
    const char *urls_end, *last_at; /* of the address that c is in */
    const char *token_end;          /* up to here no token begins */
    const char *set;                /* where a statement's " set " is */
};

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' ||
           (unsigned char)c >= 0x80;
}

static bool is_blank(char c)
{
    return c && strchr(BLANKS, c);
}

static bool says(const char *text, const char *words)
{
    return strncasecmp(text, words, strlen(words)) == 0;
}

static void copy_to(struct scan *s, const char *end)
{
    buf_add(&s->out, s->c, (size_t)(end - s->c));
    s->c = end;
}

static bool hide_to(struct scan *s, const char *end)
{
    buf_puts(&s->out, REDACTED);
    s->c = s->name = end;
    return true;
}

static bool hide_rest(struct scan *s)
{
    return hide_to(s, s->end);
}

/* ---- before an '@' ---- */

/* "user:password@host", "user/password@host", where no scheme says that it is an address. */
static void look_at_word(struct scan *s)
{
    const char *start = s->c, *end = start + strcspn(start, BLANKS);
    const char *scheme = memmem(start, (size_t)(end - start), "://", 3);
    const char *at = memrchr(start, '@', (size_t)((scheme ? scheme : end) - start));
    s->word_end = end;
    s->login = NULL;
    if (!at)
        return;
    const char *colon = memchr(start, ':', (size_t)(at - start));
    const char *slash = memchr(start, '/', (size_t)(at - start));
    if (colon && colon + 1 == at) /* unix:@abstract */
        return;
    if (!colon && (!slash || memchr(slash + 1, '/', (size_t)(at - slash - 1))))
        return;
    const char *from = colon ? colon : slash;
    while (from > start && !strchr("=,(", from[-1]))
        from--;
    if (!colon && !isalnum((unsigned char)*from))
        return;
    s->login = from;
    s->login_end = at;
}

static bool hide_login(struct scan *s)
{
    if (s->c >= s->word_end && !is_blank(*s->c))
        look_at_word(s);
    if (!s->login || s->c < s->login || s->c >= s->login_end)
        return false;
    return hide_to(s, s->login_end);
}

static void look_at_urls(struct scan *s, const char *start)
{
    s->urls_end = url_list_end(start);
    s->last_at = memrchr(start, '@', (size_t)(s->urls_end - start));
}

/* All up to the last '@' that may end a user's part: passwords hold whatever they like. */
static bool hide_user_of_url(struct scan *s)
{
    const char *start = behind_scheme(s->c);
    if (!start)
        return false;
    if (!s->urls_end || start > s->urls_end)
        look_at_urls(s, start);
    const char *at = s->last_at && s->last_at >= start ? s->last_at : NULL;
    size_t len = strcspn(start, "/?#\\\"'`<>()" BLANKS);
    if (len > (size_t)(s->urls_end - start))
        len = (size_t)(s->urls_end - start);
    struct bytes authority = {start, len};
    bool has_user = memchr(start, '@', len) || !is_host_list(authority);
    copy_to(s, start);
    s->name = start;
    if (!has_user && !(at && memchr(start, ':', len)))
        return true;
    return hide_to(s, at ? at : s->urls_end);
}

/* ---- what shows by itself ---- */

static bool hide_token(struct scan *s)
{
    if (s->c < s->token_end)
        return false;
    if (says(s->c, "-----BEGIN") || says(s->c, "---- BEGIN"))
        return hide_rest(s);
    bool is_start = s->c == s->text || !isalnum((unsigned char)s->c[-1]);
    size_t len = token_length(s->c, is_start, &s->token_end);
    return len && hide_to(s, s->c + len);
}

/* Within a title or a log line too. */
static bool hide_statement(struct scan *s)
{
    static const char *const beginnings[] = {
        "select", "insert into", "delete from", "identified by", "merge into", "update"};
    if (s->c > s->text && in_name(s->c[-1]))
        return false;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (!says(s->c, beginnings[i]) || !is_blank(s->c[strlen(beginnings[i])]))
            continue;
        bool ambiguous = says(s->c, "update");
        if (!ambiguous || (s->set && s->set > s->c))
            return hide_rest(s);
    }
    return false;
}

/* ---- names ---- */

/* Where the value of `"--password", "x"` or `--password x` begins; NULL: nothing such follows. */
static const char *value_behind_name(const struct scan *s, struct bytes name, const char *closed)
{
    const char *value = closed + strspn(closed, BLANKS);
    bool is_option = *name.data == '-' || (s->name > s->text && s->name[-1] == '/');
    bool is_scheme =
        bytes_equal_nocase(name, BYTES("basic")) || bytes_equal_nocase(name, BYTES("auth"));
    bool sure = naming_of_last(name) == NAMES_SURELY_SECRET || is_scheme;
    if (closed > s->c && *value == ',')
        return sure || naming_of(name) >= NAMES_SECRET ? value + 1 : NULL;
    if (value == closed && *value)
        return NULL;
    if (names_a_flag(name) || *value == '-')
        return NULL;
    if (!sure && !(is_option && naming_of(name) >= NAMES_SECRET))
        return NULL;
    return value;
}

static bool is_upper_case(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++)
        if (islower((unsigned char)name.data[i]))
            return false;
    return true;
}

/* --password=x and PASSWORD=x have all the rest for their value. */
static bool takes_all(const struct scan *s, struct bytes name)
{
    return name.data == s->text && (s->is_setting || *name.data == '-' || is_upper_case(name));
}

static const char *assigned_end(
    const struct scan *s, struct bytes name, char assigner, bool quoted_name, const char *value)
{
    if (assigner == '>') {
        const char *tag = strstr(value, "</");
        return tag ? tag : s->end;
    }
    if (assigner == ':' ? !quoted_name || !is_quoted(value) : takes_all(s, name))
        return s->end;
    return value_end(value);
}

static bool hides(enum naming naming, char assigner, struct bytes name, struct bytes value)
{
    switch (naming) {
    case NAMES_ANYTHING:
        return false;
    case NAMES_USER:
        return is_login(value);
    case NAMES_CODE:
        return *name.data == '-' && assigner == '=';
    case NAMES_FILE:
        return !looks_like_path(value);
    case NAMES_SECRET:
    case NAMES_SURELY_SECRET:
        break;
    }
    return true;
}

/* At the end of a name. */
static bool hide_value(struct scan *s)
{
    struct bytes name = {s->name, (size_t)(s->c - s->name)};
    const char *closed = s->c + strspn(s->c, "\\\"'])");
    const char *assign = assigner_at(closed), *value;
    if (!assign) {
        value = value_behind_name(s, name, closed);
        s->pending |= value && !*value && s->name > s->text;
        if (!value || !*value)
            return false;
        copy_to(s, value);
        return value[-1] == ',' ? hide_rest(s) : hide_to(s, value_end(value));
    }
    enum naming naming = naming_of(name);
    if (naming == NAMES_ANYTHING)
        return false;
    value = assign + strspn(assign, "=>:~+?!|");
    value += strspn(value, BLANKS);
    s->pending |= !*value && naming >= NAMES_SECRET;
    if (!*value)
        return false;
    const char *end = assigned_end(s, name, *assign, closed > s->c, value);
    if (!hides(naming, *assign, name, (struct bytes){value, (size_t)(end - value)}))
        return false;
    bool is_name =
        *assign == ':' && naming_of((struct bytes){value, (size_t)(end - value)}) >= NAMES_SECRET;
    copy_to(s, value);
    return hide_to(s, is_name ? s->end : end); /* {"key":"password","value":"x"} */
}

static void step(struct scan *s)
{
    if (hide_login(s) || hide_token(s) || hide_statement(s))
        return;
    if (!in_name(*s->c)) {
        if (s->c > s->name && hide_value(s))
            return;
        if (hide_user_of_url(s))
            return;
        s->name = s->c + 1;
    }
    if (*s->c)
        buf_putc(&s->out, *s->c);
    s->c++;
}

const char *redact_text(struct arena *arena, const char *text, bool is_setting, bool *ret_pending)
{
    struct scan s = {.text = text,
        .c = text,
        .end = text + strlen(text),
        .name = text,
        .word_end = text,
        .token_end = text,
        .is_setting = is_setting,
        .set = strcasestr(text, " set ")};
    while (s.c <= s.end)
        step(&s);
    const char *result = arena_bytes(arena, (struct bytes){s.out.data, s.out.len});
    *ret_pending = s.pending;
    buf_free(&s.out);
    return result;
}
