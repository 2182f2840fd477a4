/* The lexical pieces that the generic tokenizer and the PostgreSQL lexer share. Lengths count
 * bytes from the start of the argument; unterminated constructs reach to its end. */
#ifndef APMSHIM_SQL_SCAN_H
#define APMSHIM_SQL_SCAN_H

#include "base/bytes.h"

/* Letters, digits and `$`. */
extern const bool scan_in_word[256];

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of any multi-byte character count as letters, as in PostgreSQL. */
static inline bool scan_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static inline bool scan_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The byte at i, or NUL behind the end. */
static inline char scan_at(struct bytes b, size_t i)
{
    return i < b.len ? b.data[i] : '\0';
}

static inline size_t scan_spaces(struct bytes b)
{
    size_t i = 0;
    while (i < b.len && scan_is_space(b.data[i]))
        i++;
    return i;
}

size_t scan_digits(struct bytes b);
/* An identifier whose first byte is known to be a letter. */
static inline size_t scan_word(struct bytes b)
{
    size_t i = 0;
    while (i < b.len && scan_in_word[(unsigned char)b.data[i]])
        i++;
    return i;
}
/* Up to the line's end, which is left out. */
size_t scan_line(struct bytes b);
/* A block comment that starts with slash and star; they nest. 0 when it never ends. */
size_t scan_block_comment(struct bytes b);
/* The opening `$$` or `$tag$` of a dollar-quoted string, or 0. */
size_t scan_dollar_tag(struct bytes b);
/* The whole dollar-quoted string whose opening has tag_len bytes, or 0 when it never ends. */
size_t scan_dollar_string(struct bytes b, size_t tag_len);
/* Something in double quotes, backticks or the like: a doubled `close` stays inside.
 * 0 when it never ends. */
size_t scan_quoted(struct bytes b, char close);
/* Whether a word has quotes as word processors make them: it is data then. */
bool scan_typographic(struct bytes b);

#endif
