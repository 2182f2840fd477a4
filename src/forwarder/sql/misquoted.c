#include "sql/misquoted.h"

#include "sql/lex.h"
#include "sql/scan.h"

/* One way through a statement of which the server says that it has no such column. */
struct misquoted {
    struct bytes message;
    struct lexeme before; /* the last one that is no white space */
    size_t depth, list; /* brackets; how many were open where VALUES or IN began a list, 0: none */
    bool hides;         /* the column has been met */
};

static struct bytes name_of(const struct lexeme *lexeme)
{
    struct bytes text = lexeme->text;
    return lexeme->kind == LEX_QUOTED ? (struct bytes){text.data + 1, text.len - 2} : text;
}

/* What makes a longer name of one. */
static bool is_plain(char c)
{
    return c == '.' || (!(c & 0x80) && scan_in_word[(unsigned char)c]);
}

/* Whether the message names it, in quotes of any language. A quote within a name is doubled in one
 * of the two only. */
static bool is_told(const struct misquoted *m, const struct lexeme *lexeme)
{
    struct bytes name = name_of(lexeme), message = m->message;
    if (lexeme->kind == LEX_QUOTED && memchr(name.data, '"', name.len))
        return true;
    for (size_t i = 1; i + name.len < message.len; i++)
        if (!is_plain(message.data[i - 1]) && !is_plain(message.data[i + name.len]) &&
            bytes_equal_nocase((struct bytes){message.data + i, name.len}, name))
            return true;
    return false;
}

static bool is_operator(const struct lexeme *lexeme)
{
    return lexeme->kind == LEX_SYMBOL && lexeme->text.data[0] &&
           strchr("=<>~!+-*/%|^&#@", lexeme->text.data[0]);
}

/* Where a value is more likely than a column. */
static bool in_place_of_value(const struct misquoted *m)
{
    return is_operator(&m->before) || lex_is_word(&m->before, "like") ||
           lex_is_word(&m->before, "ilike") ||
           (m->list && (lex_is_symbol(&m->before, '(') || lex_is_symbol(&m->before, ',')));
}

static bool is_keyword(const struct lexeme *word)
{
    static const char *const words[] = {
        "all", "any", "array", "case", "default", "false", "not", "null", "row", "select", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lex_is_word(word, words[i]))
            return true;
    return false;
}

/* `next`: the byte behind it. */
static bool hides_name(struct misquoted *m, const struct lexeme *lexeme, char next)
{
    bool word = lexeme->kind == LEX_WORD;
    if ((!word && lexeme->kind != LEX_QUOTED) || next == '.' || lex_is_symbol(&m->before, '.') ||
        (word && (next == '(' || !in_place_of_value(m) || is_keyword(lexeme))))
        return false;
    m->hides |= is_told(m, lexeme);
    return m->hides;
}

static void follow_brackets(struct misquoted *m, const struct lexeme *lexeme)
{
    if (lex_is_symbol(lexeme, '(')) {
        m->depth++;
        if (!m->list && (lex_is_word(&m->before, "values") || lex_is_word(&m->before, "in")))
            m->list = m->depth;
    } else if (lex_is_symbol(lexeme, ')') && m->depth) {
        if (m->list == m->depth)
            m->list = 0;
        m->depth--;
    }
}

void sql_hide_misquoted(struct bytes statement, struct bytes message, struct buf *out)
{
    struct misquoted m = {.message = message, .before = {LEX_SPACE, {"", 0}, false}};
    struct lexeme lexeme;
    buf_add(out, "", 0);
    while (lex_next(&statement, &lexeme)) {
        if (hides_name(&m, &lexeme, statement.len ? statement.data[0] : '\0'))
            buf_putc(out, '?');
        else
            buf_add(out, lexeme.text.data, lexeme.text.len);
        follow_brackets(&m, &lexeme);
        if (lexeme.kind != LEX_SPACE && lexeme.kind != LEX_COMMENT)
            m.before = lexeme;
    }
}
