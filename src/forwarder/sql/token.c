#include "sql/token.h"
#include "sql/scan.h"

/* Each miss has searched to the end: more of them would make hostile text quadratic. */
enum { DOLLAR_MISSES_MAX = 16 };
enum { KEYWORD_BYTES_MAX = 8 /* TRUNCATE */ };

static const char *const names[SQL_TOKEN_KINDS] = {
    [SQL_OTHER] = "OTHER",
    [SQL_COMMENT] = "COMMENT",
    [SQL_IDENT] = "IDENT",
    [SQL_NUMBER] = "NUMBER",
    [SQL_STRING] = "STRING",
    [SQL_PERIOD] = "PERIOD",
    [SQL_LPAREN] = "LPAREN",
    [SQL_RPAREN] = "RPAREN",
    [SQL_AS] = "AS",
    [SQL_OR] = "OR",
    [SQL_SET] = "SET",
    [SQL_CALL] = "CALL",
    [SQL_FROM] = "FROM",
    [SQL_INTO] = "INTO",
    [SQL_TABLE] = "TABLE",
    [SQL_DELETE] = "DELETE",
    [SQL_INSERT] = "INSERT",
    [SQL_SELECT] = "SELECT",
    [SQL_UPDATE] = "UPDATE",
    [SQL_REPLACE] = "REPLACE",
    [SQL_TRUNCATE] = "TRUNCATE",
};

const char *sql_token_name(enum sql_token_kind kind)
{
    return names[kind];
}

static enum sql_token_kind word_kind(struct bytes word)
{
    if (word.len > KEYWORD_BYTES_MAX)
        return SQL_IDENT;
    for (unsigned kind = SQL_AS; kind < SQL_TOKEN_KINDS; kind++) {
        bool same_letter = (word.data[0] | 0x20) == (names[kind][0] | 0x20);
        if (same_letter && bytes_equal_nocase(word, bytes_of(names[kind])))
            return (enum sql_token_kind)kind;
    }
    return SQL_IDENT;
}

static struct sql_token make_token(enum sql_token_kind kind, struct bytes b, size_t len)
{
    return (struct sql_token){kind, {b.data, len}};
}

static struct sql_token read_word(struct bytes b)
{
    struct sql_token token = make_token(SQL_IDENT, b, scan_word(b));
    token.kind = word_kind(token.text);
    return token;
}

static struct sql_token read_number(struct bytes b)
{
    size_t n = scan_digits(b);
    if (scan_at(b, n) == '.' && scan_is_digit(scan_at(b, n + 1)))
        n += 1 + scan_digits(bytes_skip(b, n + 1));
    if ((scan_at(b, n) | 0x20) == 'e') {
        char sign = scan_at(b, n + 1);
        size_t digits_at = n + 1 + (sign == '+' || sign == '-');
        size_t digits = scan_digits(bytes_skip(b, digits_at));
        if (digits)
            n = digits_at + digits;
    }
    return make_token(SQL_NUMBER, b, n);
}

static struct sql_token read_string(struct bytes b)
{
    for (size_t i = 1; i < b.len; i++) {
        if (b.data[i] == '\\') {
            i++;
        } else if (b.data[i] == '\'') {
            if (scan_at(b, i + 1) != '\'')
                return make_token(SQL_STRING, b, i + 1);
            i++;
        }
    }
    return make_token(SQL_OTHER, b, b.len);
}

static struct sql_token read_dollar(struct sql_scanner *scanner)
{
    struct bytes b = scanner->rest;
    size_t tag = scan_dollar_tag(b);
    if (!tag)
        return make_token(SQL_OTHER, b, 1 + scan_word(bytes_skip(b, 1)));
    if (scanner->dollar_misses < DOLLAR_MISSES_MAX) {
        size_t len = scan_dollar_string(b, tag);
        if (len)
            return make_token(SQL_STRING, b, len);
        scanner->dollar_misses++;
    }
    size_t n = 0;
    while (n < b.len && !scan_is_space(b.data[n]))
        n++;
    return make_token(SQL_OTHER, b, n);
}

/* Sets *ret_len apart from the token's text, which lacks the quotes. */
static struct sql_token read_quoted(struct bytes b, size_t *ret_len)
{
    size_t len = scan_quoted(b, b.data[0] == '[' ? ']' : b.data[0]);
    *ret_len = len ? len : b.len;
    if (!len)
        return make_token(SQL_OTHER, b, b.len);
    return make_token(SQL_IDENT, bytes_skip(b, 1), len - 2);
}

static struct sql_token read_symbol(struct bytes b)
{
    char c = b.data[0], next = scan_at(b, 1);
    if ((c == '-' && next == '-') || (c == '/' && next == '/'))
        return make_token(SQL_COMMENT, b, scan_line(b));
    if (c == '/' && next == '*') {
        size_t len = scan_block_comment(b);
        return make_token(SQL_COMMENT, b, len ? len : b.len);
    }
    enum sql_token_kind kind = c == '.'   ? SQL_PERIOD
                               : c == '(' ? SQL_LPAREN
                               : c == ')' ? SQL_RPAREN
                                          : SQL_OTHER;
    return make_token(kind, b, 1);
}

static struct sql_token read_token(struct sql_scanner *scanner)
{
    struct bytes b = scanner->rest;
    char c = b.data[0];
    if (scan_is_letter(c))
        return read_word(b);
    if (scan_is_digit(c))
        return read_number(b);
    if (c == '\'')
        return read_string(b);
    return c == '$' ? read_dollar(scanner) : read_symbol(b);
}

bool sql_token_next(struct sql_scanner *scanner, struct sql_token *ret)
{
    size_t spaces = scan_spaces(scanner->rest);
    if (spaces)
        scanner->rest = bytes_skip(scanner->rest, spaces);
    if (scanner->rest.len == 0)
        return false;
    char c = scanner->rest.data[0];
    size_t len;
    if (c == '"' || c == '`' || c == '[') {
        *ret = read_quoted(scanner->rest, &len);
    } else {
        *ret = read_token(scanner);
        len = ret->text.len;
    }
    scanner->rest = bytes_skip(scanner->rest, len);
    return true;
}
