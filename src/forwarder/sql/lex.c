#include "sql/lex.h"
#include "sql/scan.h"

static struct lexeme make(enum lex_kind kind, struct bytes b, size_t len)
{
    return (struct lexeme){kind, {b.data, len}, false};
}

/* Something in quotes: len 0 where it never ends. */
static struct lexeme make_quoted(enum lex_kind kind, struct bytes b, size_t len)
{
    struct lexeme lexeme = make(len ? kind : LEX_LITERAL, b, len ? len : b.len);
    char next = scan_at(b, lexeme.text.len);
    lexeme.doubtful = !len || next == '"' || (next == '\'' && kind == LEX_QUOTED) ||
                      (next && scan_in_word[(unsigned char)next]);
    return lexeme;
}

/* Clients with SJIS, BIG5, GBK and the like have characters whose last byte is one of these: after
 * a byte above 0x7f it may be part of a name or a sign of its own. */
static bool may_be_last_byte(struct bytes b, size_t i)
{
    return i > 0 && i < b.len && (b.data[i - 1] & 0x80) && b.data[i] &&
           strchr("@[\\]^`{|}~", b.data[i]);
}

/* The length n of a name, or all of b when what follows it depends on the client's encoding. */
static size_t unless_ambiguous(struct bytes b, size_t n)
{
    if (!may_be_last_byte(b, n))
        return n;
    char next = scan_at(b, n + 1);
    bool escapes = (next | 0x20) == 'e' && scan_at(b, n + 2) == '\'';
    return b.data[n] == '\\' || next == '$' || escapes ? b.len : n;
}

/* Whether the quote behind these backslashes ends the string under one setting and is part of it
 * under another: standard_conforming_strings for odd counts; and behind a byte above 0x7f the
 * first backslash may belong to a character, as above. */
static bool quote_is_ambiguous(size_t backslashes, bool after_high_byte, bool escapes)
{
    return backslashes > 0 && (after_high_byte || (!escapes && backslashes % 2 == 1));
}

/* The length of a string whose opening quote is at `quote`; 0: it never ends. */
static size_t string_length(struct bytes b, size_t quote, bool escapes)
{
    size_t backslashes = 0;
    bool after_high_byte = false;
    for (size_t i = quote + 1; i < b.len; i++) {
        if (b.data[i] == '\\') {
            if (backslashes++ == 0)
                after_high_byte = b.data[i - 1] & 0x80;
            continue;
        }
        if (b.data[i] == '\'') {
            if (quote_is_ambiguous(backslashes, after_high_byte, escapes))
                return b.len;
            if (scan_at(b, i + 1) == '\'' && backslashes % 2 == 0)
                i++;
            else if (backslashes % 2 == 0)
                return i + 1;
        }
        backslashes = 0;
    }
    return 0;
}

/* Where the opening quote of E'', B'', X'', N'' or U&'' is, or 0. */
static size_t prefixed_quote(struct bytes b)
{
    char c = (char)(b.data[0] | 0x20);
    if (c == 'u' && scan_at(b, 1) == '&' && scan_at(b, 2) == '\'')
        return 2;
    bool prefix = c == 'e' || c == 'b' || c == 'x' || c == 'n';
    return prefix && scan_at(b, 1) == '\'' ? 1 : 0;
}

/* Words that may have a quote right behind them: types, and keywords before a value or a name. */
static bool may_touch_quote(struct bytes word)
{
    static const char *const words[] = {"date", "time", "timestamp", "timestamptz", "interval",
        "json", "jsonb", "uuid", "inet", "bytea", "text", "varchar", "bool", "float8", "xml",
        "cidr", "macaddr", "timetz", "ltree", "numeric", "point", "and", "as", "else", "escape",
        "from", "ilike", "in", "into", "is", "join", "like", "not", "on", "or", "select", "similar",
        "table", "then", "to", "update", "values", "when", "zone"};
    return BYTES_ARE_ONE_OF(word, words);
}

static struct lexeme read_word(struct bytes b)
{
    size_t quote = prefixed_quote(b);
    if (quote)
        return make_quoted(LEX_LITERAL, b, string_length(b, quote, (b.data[0] | 0x20) == 'e'));
    size_t word = scan_word(b), len = unless_ambiguous(b, word);
    if (len != word || scan_typographic((struct bytes){b.data, word}))
        return make(LEX_LITERAL, b, len != word ? len : b.len);
    struct lexeme lexeme = make(LEX_WORD, b, word);
    char next = scan_at(b, word);
    lexeme.doubtful = (next == '\'' || next == '"') && !may_touch_quote(lexeme.text);
    return lexeme;
}

/* `+5` behind the e of an exponent is in the number; anything glued to it is as well, since
 * servers differ about 0x1F and 1_000. */
static struct lexeme read_number(struct bytes b)
{
    size_t n = scan_digits(b);
    if (scan_at(b, n) == '.' && scan_at(b, n + 1) != '.')
        n += 1 + scan_digits(bytes_skip(b, n + 1));
    char sign = scan_at(b, n + 1);
    if ((scan_at(b, n) | 0x20) == 'e' && (sign == '+' || sign == '-') &&
        scan_is_digit(scan_at(b, n + 2)))
        n += 2 + scan_digits(bytes_skip(b, n + 2));
    while (scan_is_letter(scan_at(b, n)) || scan_is_digit(scan_at(b, n)))
        n++;
    /* A dollar quote for one server, the rest of an identifier for another. */
    if (scan_at(b, n) == '$')
        n = b.len;
    struct lexeme lexeme = make(LEX_LITERAL, b, unless_ambiguous(b, n));
    char next = scan_at(b, lexeme.text.len);
    lexeme.doubtful = next == '\'' || next == '"';
    return lexeme;
}

static struct lexeme read_dollar(struct bytes b)
{
    size_t digits = scan_digits(bytes_skip(b, 1));
    if (digits)
        return make(LEX_PARAM, b, 1 + digits);
    size_t tag = scan_dollar_tag(b);
    if (!tag) {
        bool ambiguous = may_be_last_byte(b, 1 + scan_word(bytes_skip(b, 1)));
        return ambiguous ? make(LEX_LITERAL, b, b.len) : make(LEX_SYMBOL, b, 1);
    }
    return make_quoted(LEX_LITERAL, b, scan_dollar_string(b, tag));
}

static struct lexeme read_identifier(struct bytes b)
{
    return make_quoted(LEX_QUOTED, b, scan_quoted(b, '"'));
}

static struct lexeme read_symbol(struct bytes b)
{
    char c = b.data[0], next = scan_at(b, 1);
    if (c == '-' && next == '-')
        return make(LEX_COMMENT, b, scan_line(b));
    if (c == '/' && next == '*') {
        size_t len = scan_block_comment(b);
        struct lexeme comment = make(LEX_COMMENT, b, len ? len : b.len);
        comment.doubtful = !len;
        return comment;
    }
    return make(LEX_SYMBOL, b, 1);
}

static struct lexeme read_lexeme(struct bytes b)
{
    char c = b.data[0];
    if (scan_is_space(c))
        return make(LEX_SPACE, b, scan_spaces(b));
    if (scan_is_letter(c))
        return read_word(b);
    if (scan_is_digit(c) || (c == '.' && scan_is_digit(scan_at(b, 1))))
        return read_number(b);
    switch (c) {
    case '\'':
        return make_quoted(LEX_LITERAL, b, string_length(b, 0, false));
    case '"':
        return read_identifier(b);
    case '$':
        return read_dollar(b);
    default:
        return read_symbol(b);
    }
}

bool lex_next(struct bytes *rest, struct lexeme *ret)
{
    if (rest->len == 0)
        return false;
    *ret = read_lexeme(*rest);
    *rest = bytes_skip(*rest, ret->text.len);
    return true;
}

bool lex_next_solid(struct bytes *rest, struct lexeme *ret)
{
    while (lex_next(rest, ret)) {
        if (ret->kind != LEX_SPACE && ret->kind != LEX_COMMENT)
            return true;
    }
    return false;
}

/* What might be something else if quotes were read the other way round. */
static bool is_quoted(const struct lexeme *lexeme)
{
    struct bytes text = lexeme->text;
    if (lexeme->kind == LEX_LITERAL)
        return !scan_is_digit(text.data[0]) && text.data[0] != '.';
    if (lexeme->kind != LEX_QUOTED || lexeme->doubtful)
        return lexeme->kind == LEX_QUOTED;
    struct bytes name = {text.data + 1, text.len - 2};
    return !name.len || scan_word(name) < name.len;
}

size_t lex_certain(struct bytes sql, bool cut)
{
    struct bytes rest = sql;
    struct lexeme lexeme;
    size_t first = sql.len;
    while (lex_next(&rest, &lexeme)) {
        size_t at = (size_t)(lexeme.text.data - sql.data);
        if (first == sql.len && is_quoted(&lexeme))
            first = at;
        if (!lexeme.doubtful || (cut && !rest.len))
            continue;
        size_t behind = at + lexeme.text.len;
        return first < behind ? first : behind;
    }
    return sql.len;
}
