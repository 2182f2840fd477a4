#include "sql/message.h"

#include "sql/scan.h"

/* As servers quote in the languages that they speak. */
static const struct {
    const char *open, *close;
} quotes[] = {
    {"\"", "\""},
    {"\xc2\xab", "\xc2\xbb"},         /* « » */
    {"\xc2\xbb", "\xc2\xab"},         /* the other way round, as in German */
    {"\xe2\x80\x9e", "\xe2\x80\x9c"}, /* „ “ */
    {"\xe2\x80\x9e", "\xe2\x80\x9d"}, /* „ ” */
    {"\xe2\x80\x9c", "\xe2\x80\x9d"}, /* “ ” */
    {"\xe2\x80\x98", "\xe2\x80\x99"}, /* ‘ ’ */
    {"\xe2\x80\x9a", "\xe2\x80\x98"}, /* ‚ ‘ */
    {"\xe2\x80\xb9", "\xe2\x80\xba"}, /* ‹ › */
    {"\xe3\x80\x8c", "\xe3\x80\x8d"}, /* 「 」 */
    {"\xe3\x80\x8e", "\xe3\x80\x8f"}, /* 『 』 */
    {"'", "'"},
    {"`", "'"},
    {"`", "`"},
};

enum { QUOTES = sizeof quotes / sizeof *quotes };

static bool in_word(char c)
{
    return scan_in_word[(unsigned char)c];
}

/* An apostrophe within a word is none. */
static bool opens(struct bytes message, size_t at, const char *open)
{
    bool within = at && in_word(message.data[at - 1]) && *open == '\'';
    return !within && bytes_start_with(bytes_skip(message, at), bytes_of(open));
}

/* Where this sign stands from `from` on; message.len: nowhere. */
static size_t find(struct bytes message, size_t from, const char *sign, bool last)
{
    size_t found = message.len, len = strlen(sign);
    for (size_t i = from; i + len <= message.len; i++)
        if (memcmp(message.data + i, sign, len) == 0) {
            found = i;
            if (!last)
                break;
        }
    return found;
}

/* Behind the quote that opens at `at`, where it may be shown; 0: it may not. */
static size_t behind_shown(struct bytes message, size_t at, const char *open, const char *close,
    const struct message_rules *rules)
{
    size_t from = at + strlen(open), end = find(message, from, close, false);
    if (end == message.len || !rules->may_show)
        return 0;
    const struct bytes quoted = {message.data + from, end - from};
    return rules->may_show(rules->self, quoted) ? end + strlen(close) : 0;
}

/* Behind the last sign that may end the quote. */
static size_t behind_hidden(struct bytes message, size_t at, bool cut)
{
    size_t behind = 0;
    for (size_t k = 0; k < QUOTES && !cut; k++) {
        size_t len = strlen(quotes[k].open);
        if (!opens(message, at, quotes[k].open))
            continue;
        size_t last = find(message, at + len, quotes[k].close, true);
        if (last < message.len && last + strlen(quotes[k].close) > behind)
            behind = last + strlen(quotes[k].close);
    }
    return behind ? behind : message.len;
}

/* Behind the quote that opens here if it may be shown; 0: it may not. *ret_any: one opens. */
static size_t take_shown(
    struct bytes message, size_t at, const struct message_rules *rules, bool *ret_any)
{
    *ret_any = false;
    for (size_t k = 0; k < QUOTES; k++) {
        if (!opens(message, at, quotes[k].open))
            continue;
        *ret_any = true;
        size_t behind = behind_shown(message, at, quotes[k].open, quotes[k].close, rules);
        if (behind)
            return behind;
    }
    return 0;
}

static bool shows_all(struct bytes message, const struct message_rules *rules)
{
    bool any;
    for (size_t at = 0; at < message.len;) {
        size_t behind = take_shown(message, at, rules, &any);
        if (any && !behind)
            return false;
        at = behind ? behind : at + 1;
    }
    return true;
}

/* Copies or hides the quote that opens here; false: none does. */
static bool take_quote(struct bytes message, size_t *at, const struct message_rules *rules,
    bool shows, struct buf *out)
{
    bool any;
    size_t behind = take_shown(message, *at, rules, &any);
    if (!any)
        return false;
    if (shows && behind) {
        buf_add(out, message.data + *at, behind - *at);
        *at = behind;
    } else {
        buf_putc(out, '?');
        *at = behind_hidden(message, *at, rules->cut);
    }
    return true;
}

/* `(10,2)` behind the name of a type, which may be of several words. */
static size_t type_modifier(struct bytes message, size_t at)
{
    size_t end = at + 1;
    if (message.data[at] != '(' || !at || !in_word(message.data[at - 1]))
        return 0;
    while (end < message.len && (scan_is_digit(message.data[end]) || message.data[end] == ','))
        end++;
    bool digits = end > at + 1 && end - at <= 12;
    return digits && end < message.len && message.data[end] == ')' ? end + 1 - at : 0;
}

static size_t number(struct bytes message, size_t at)
{
    size_t end = at;
    if (!scan_is_digit(message.data[at]) || (at && in_word(message.data[at - 1])))
        return 0;
    while (
        end < message.len &&
        (in_word(message.data[end]) ||
            ((message.data[end] == '.' || message.data[end] == '-' || message.data[end] == ':') &&
                end + 1 < message.len && in_word(message.data[end + 1]))))
        end++;
    return end - at;
}

/* The length of a name that stands here without quotes: before a bracket, with dots, or as the
 * first word of "x is not …". 0: none does. */
static size_t bare_name(struct bytes message, size_t at)
{
    size_t end = at;
    bool dotted = false;
    if (!in_word(message.data[at]) ||
        (at && (in_word(message.data[at - 1]) || message.data[at - 1] == '.')))
        return 0;
    for (; end < message.len && (in_word(message.data[end]) || message.data[end] == '.'); end++)
        dotted |=
            message.data[end] == '.' && end + 1 < message.len && in_word(message.data[end + 1]);
    bool call = end < message.len && message.data[end] == '(' && !type_modifier(message, end);
    bool first = !at && bytes_start_with(bytes_skip(message, end), BYTES(" is "));
    return dotted || call || first ? end - at : 0;
}

/* What is told behind a colon without quotes. */
static bool begins_rest(struct bytes message, size_t at, const struct message_rules *rules)
{
    bool any;
    if (at < 2 || message.data[at - 2] != ':' || message.data[at - 1] != ' ')
        return false;
    take_shown(message, at, rules, &any);
    return !any;
}

/* Of what has no quotes; how many bytes it is about. */
static size_t take_bare(
    struct bytes message, size_t at, const struct message_rules *rules, struct buf *out)
{
    size_t n;
    if (rules->hide_names && begins_rest(message, at, rules)) {
        buf_putc(out, '?');
        return message.len - at;
    }
    if (rules->hide_names && (n = bare_name(message, at))) {
        struct bytes name = {message.data + at, n};
        bool shows = rules->may_show && rules->may_show(rules->self, name);
        buf_add(out, shows ? name.data : "?", shows ? n : 1);
        return n;
    }
    if (rules->hide_numbers && (n = number(message, at))) {
        buf_putc(out, '?');
        return n;
    }
    n = type_modifier(message, at);
    n = n ? n : 1;
    buf_add(out, message.data + at, n);
    return n;
}

void sql_message(struct bytes message, const struct message_rules *rules, struct buf *out)
{
    bool shows = shows_all(message, rules);
    buf_add(out, "", 0);
    for (size_t at = 0; at < message.len;)
        if (!take_quote(message, &at, rules, shows, out))
            at += take_bare(message, at, rules, out);
}
