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

/* Copies or hides the quote that opens here; false: none does. */
static bool take_quote(
    struct bytes message, size_t *at, const struct message_rules *rules, struct buf *out)
{
    bool any = false;
    for (size_t k = 0; k < QUOTES; k++) {
        if (!opens(message, *at, quotes[k].open))
            continue;
        any = true;
        size_t behind = behind_shown(message, *at, quotes[k].open, quotes[k].close, rules);
        if (!behind)
            continue;
        buf_add(out, message.data + *at, behind - *at);
        *at = behind;
        return true;
    }
    if (any) {
        buf_putc(out, '?');
        *at = behind_hidden(message, *at, rules->cut);
    }
    return any;
}

/* `(10,2)` behind the name of a type, which may be of several words. */
static size_t type_modifier(struct bytes message, size_t at)
{
    size_t end = at + 1;
    if (message.data[at] != '(' || !at || !in_word(message.data[at - 1]))
        return 0;
    while (end < message.len && (scan_is_digit(message.data[end]) || message.data[end] == ','))
        end++;
    return end < message.len && message.data[end] == ')' && end - at <= 12 ? end + 1 - at : 0;
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

void sql_message(struct bytes message, const struct message_rules *rules, struct buf *out)
{
    size_t at = 0, n;
    buf_add(out, "", 0);
    while (at < message.len) {
        if (take_quote(message, &at, rules, out))
            continue;
        if (rules->hide_numbers && (n = number(message, at))) {
            buf_putc(out, '?');
            at += n;
        } else {
            n = type_modifier(message, at);
            n = n ? n : 1;
            buf_add(out, message.data + at, n);
            at += n;
        }
    }
}
