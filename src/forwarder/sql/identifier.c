#include "sql/identifier.h"

#include <stdint.h>

#include "sql/scan.h"
#include "sql/token.h"

/* What is written between quotes: a doubled quote is one. */
static void add_quoted(struct bytes name, struct buf *out)
{
    for (size_t i = 1; i + 1 < name.len; i++) {
        buf_putc(out, name.data[i]);
        if (name.data[i] == '"')
            i++;
    }
}

static void add_utf8(uint32_t c, struct buf *out)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
    buf_putc(out, (char)(marks[more] | c >> (6 * more)));
    while (more--)
        buf_putc(out, (char)(0x80 | (c >> (6 * more) & 0x3f)));
}

static bool read_hex(struct bytes b, size_t digits, uint32_t *ret)
{
    static const char hex[] = "0123456789abcdef";
    *ret = 0;
    for (size_t i = 0; i < digits; i++) {
        char c = scan_at(b, i);
        const char *digit = c ? strchr(hex, scan_is_digit(c) ? c : c | 0x20) : NULL;
        if (!digit)
            return false;
        *ret = *ret << 4 | (uint32_t)(digit - hex);
    }
    return true;
}

/* The character behind an escape sign, `0061` or `+000061`: how long it is, or 0. */
static size_t read_escaped(struct bytes b, uint32_t *ret)
{
    if (scan_at(b, 0) == '+')
        return read_hex(bytes_skip(b, 1), 6, ret) && *ret <= 0x10ffff ? 7 : 0;
    return read_hex(b, 4, ret) ? 4 : 0;
}

/* The same; characters beyond the first 65536 may be written as two, as in UTF-16. */
static size_t read_character(struct bytes b, char escape, uint32_t *ret)
{
    uint32_t low;
    size_t first = read_escaped(b, ret);
    if (!first || *ret < 0xd800 || *ret > 0xdfff)
        return first && *ret ? first : 0;
    size_t second = scan_at(b, first) == escape ? read_escaped(bytes_skip(b, first + 1), &low) : 0;
    if (!second || *ret > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0;
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (low - 0xdc00);
    return first + 1 + second;
}

static void add_unicode(struct bytes name, char escape, struct buf *out)
{
    for (size_t i = 1; i + 1 < name.len; i++) {
        char c = name.data[i];
        uint32_t character;
        struct bytes behind = {name.data + i + 1, name.len - 2 - i};
        size_t len = c == escape ? read_character(behind, escape, &character) : 0;
        if (len) {
            add_utf8(character, out);
            i += len;
            continue;
        }
        buf_putc(out, c);
        if ((c == '"' || c == escape) && name.data[i + 1] == c)
            i++;
    }
}

/* `UESCAPE '!'`; a backslash where it is left out. */
static char take_escape(struct bytes *rest)
{
    struct bytes behind = *rest;
    struct lexeme word, sign;
    if (!lex_next_solid(&behind, &word) || !lex_is_word(&word, "uescape") ||
        !lex_next_solid(&behind, &sign) || sign.kind != LEX_LITERAL || sign.text.len != 3)
        return '\\';
    *rest = behind;
    return sign.text.data[1];
}

/* `&"name"` behind a U. */
static bool take_unicode(struct bytes *rest, struct buf *out)
{
    struct bytes behind = bytes_skip(*rest, 1);
    struct lexeme name;
    if (scan_at(*rest, 0) != '&' || scan_at(*rest, 1) != '"' || !lex_next(&behind, &name) ||
        name.kind != LEX_QUOTED)
        return false;
    *rest = behind;
    add_unicode(name.text, take_escape(rest), out);
    return true;
}

static bool take_foreign(struct bytes *rest, const struct lexeme *first, struct buf *out)
{
    struct sql_scanner scanner = {.rest = {first->text.data, rest->len + 1}};
    struct sql_token token;
    if (!(lex_is_symbol(first, '[') || lex_is_symbol(first, '`')) ||
        !sql_token_next(&scanner, &token) || token.kind != SQL_IDENT)
        return false;
    *rest = scanner.rest;
    buf_add(out, token.text.data, token.text.len);
    return true;
}

bool sql_take_identifier(struct bytes *rest, const struct lexeme *first, struct buf *out)
{
    switch (first->kind) {
    case LEX_QUOTED:
        add_quoted(first->text, out);
        return true;
    case LEX_WORD:
        if (!lex_is_word(first, "u") || !take_unicode(rest, out))
            buf_add(out, first->text.data, first->text.len);
        return true;
    default:
        return take_foreign(rest, first, out);
    }
}
