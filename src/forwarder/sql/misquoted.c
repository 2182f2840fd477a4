#include "sql/misquoted.h"

#include "sql/lex.h"
#include "sql/scan.h"

enum { LEVELS_MAX = 32 };

/* One open bracket. */
struct level {
    bool values;  /* what stands in it are values, as behind VALUES, IN or = */
    bool columns; /* of an INSERT */
};

/* One way through a statement that failed. */
struct misquoted {
    struct bytes statement, message;
    struct lexeme before; /* the last one that is no white space */
    struct level levels[LEVELS_MAX];
    size_t depth;
    struct bytes clause; /* the keyword that began what is outside of brackets */
    bool calls;          /* CALL, EXECUTE */
    bool between, distinct;
    bool function;    /* the last name stood where values do */
    size_t rows;      /* how many brackets were open at VALUES, and one; 0: no rows */
    bool drops_chain; /* `a.b.c` is hidden as a whole */
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
           strchr("=<>~!+-/%|^&#@", lexeme->text.data[0]); /* `select *` is no product */
}

static const struct level *level_of(const struct misquoted *m)
{
    static const struct level none;
    return m->depth && m->depth <= LEVELS_MAX ? &m->levels[m->depth - 1] : &none;
}

static bool begins_item(const struct misquoted *m)
{
    return lex_is_symbol(&m->before, '(') || lex_is_symbol(&m->before, '[') ||
           lex_is_symbol(&m->before, ',');
}

/* Where a value is more likely than a column. */
static bool in_place_of_value(const struct misquoted *m)
{
    static const char *const words[] = {
        "like", "ilike", "between", "then", "else", "limit", "offset", "to", "default", "escape"};
    return is_operator(&m->before) || LEX_IS_ONE_OF(&m->before, words) ||
           (m->between && lex_is_word(&m->before, "and")) ||
           (m->distinct && lex_is_word(&m->before, "from")) ||
           (level_of(m)->values && begins_item(m));
}

/* Where a column or table is more likely than a value. */
static bool in_place_of_name(const struct misquoted *m)
{
    static const char *const words[] = {"select", "distinct", "by", "into", "from", "join",
        "update", "table", "only", "set", "returning", "as"};
    static const char *const clauses[] = {"select", "by", "set", "from", "returning"};
    if (level_of(m)->columns)
        return true;
    return !m->depth &&
           (LEX_IS_ONE_OF(&m->before, words) ||
               (lex_is_symbol(&m->before, ',') && BYTES_ARE_ONE_OF(m->clause, clauses)));
}

static bool is_keyword(const struct lexeme *word)
{
    static const char *const words[] = {"all", "any", "array", "case", "default", "false", "not",
        "null", "row", "select", "true", "some", "exists", "cast", "date", "interval", "time",
        "timestamp", "symmetric", "stdin", "stdout"};
    return LEX_IS_ONE_OF(word, words);
}

/* Whether the statement has this name anywhere else: it is a table's then, as in `u.id`. */
static bool is_used_twice(const struct misquoted *m, const struct lexeme *name)
{
    struct bytes rest = m->statement;
    struct lexeme lexeme;
    unsigned count = 0;
    while (count < 2 && lex_next_solid(&rest, &lexeme))
        count += lexeme.kind == name->kind && bytes_equal_nocase(lexeme.text, name->text);
    return count > 1;
}

/* `next`: the byte behind it. */
static bool hides_name(struct misquoted *m, const struct lexeme *lexeme, char next)
{
    bool word = lexeme->kind == LEX_WORD;
    if ((!word && lexeme->kind != LEX_QUOTED) || lex_is_symbol(&m->before, '.'))
        return false;
    bool value = in_place_of_value(m) && !(word && is_keyword(lexeme));
    m->function = value && next == '(';
    if (next == '(')
        return false;
    if (next == '.') {
        m->drops_chain = value && !is_used_twice(m, lexeme);
        return m->drops_chain;
    }
    return value || (m->message.len && !in_place_of_name(m) && is_told(m, lexeme));
}

static void open_bracket(struct misquoted *m, bool round)
{
    static const char *const lists[] = {"values", "in", "any", "all", "some", "array", "row"};
    bool row = m->rows && m->depth + 1 == m->rows && lex_is_symbol(&m->before, ',');
    bool call = m->function && m->before.kind != LEX_SYMBOL;
    struct level level = {
        .columns = round && !m->depth && bytes_equal_nocase(m->clause, BYTES("into")),
        .values = m->calls || row || call || is_operator(&m->before) ||
                  LEX_IS_ONE_OF(&m->before, lists) || (level_of(m)->values && begins_item(m))};
    if (m->depth < LEVELS_MAX)
        m->levels[m->depth] = level;
    m->depth++;
}

static void follow_word(struct misquoted *m, const struct lexeme *word)
{
    static const char *const clauses[] = {"select", "set", "from", "where", "by", "into",
        "returning", "values", "on", "having", "using"};
    static const char *const calls[] = {"call", "execute"};
    if (!m->before.text.len)
        m->calls = LEX_IS_ONE_OF(word, calls);
    if (lex_is_word(word, "values"))
        m->rows = m->depth + 1;
    else if (m->depth + 1 == m->rows)
        m->rows = 0;
    if (lex_is_word(word, "between"))
        m->between = true;
    else if (lex_is_word(&m->before, "and"))
        m->between = false;
    if (lex_is_word(word, "select") && m->depth && m->depth <= LEVELS_MAX)
        m->levels[m->depth - 1].values = false;
    bool distinct_from = m->distinct && lex_is_word(word, "from");
    if (!m->depth && LEX_IS_ONE_OF(word, clauses) && !distinct_from)
        m->clause = word->text;
    m->distinct = distinct_from || (lex_is_word(word, "distinct") && lex_is_word(&m->before, "is"));
}

static void follow(struct misquoted *m, const struct lexeme *lexeme)
{
    if (lexeme->kind == LEX_WORD)
        follow_word(m, lexeme);
    if (lex_is_symbol(lexeme, '(') || lex_is_symbol(lexeme, '['))
        open_bracket(m, lex_is_symbol(lexeme, '('));
    else if ((lex_is_symbol(lexeme, ')') || lex_is_symbol(lexeme, ']')) && m->depth)
        m->depth--;
}

/* Whether it belongs to a chain of names that is under way. */
static bool continues_chain(const struct misquoted *m, const struct lexeme *lexeme)
{
    bool name = lexeme->kind == LEX_WORD || lexeme->kind == LEX_QUOTED;
    return lex_is_symbol(lexeme, '.') || (name && lex_is_symbol(&m->before, '.'));
}

void sql_hide_misquoted(struct bytes statement, struct bytes message, struct buf *out)
{
    struct misquoted m = {
        .statement = statement, .message = message, .before = {LEX_SPACE, {"", 0}, false}};
    struct lexeme lexeme;
    buf_add(out, "", 0);
    while (lex_next(&statement, &lexeme)) {
        bool blank = lexeme.kind == LEX_SPACE || lexeme.kind == LEX_COMMENT;
        char next = statement.len ? statement.data[0] : '\0';
        m.drops_chain = m.drops_chain && continues_chain(&m, &lexeme);
        if (m.drops_chain)
            ;
        else if (!blank && hides_name(&m, &lexeme, next))
            buf_putc(out, '?');
        else
            buf_add(out, lexeme.text.data, lexeme.text.len);
        if (blank)
            continue;
        follow(&m, &lexeme);
        m.before = lexeme;
    }
}
