/* PostgreSQL's lexical rules, as far as they matter for telling literals from the rest.
 * Where a text can be read in two ways (a backslash before a quote, text glued to a number, the
 * last byte of a character), or has quotes of a word processor, all that follows is one literal:
 * nothing can then be shown that the server took for data. */
#ifndef APMSHIM_SQL_LEX_H
#define APMSHIM_SQL_LEX_H

#include "base/bytes.h"

enum lex_kind {
    LEX_SPACE,
    LEX_COMMENT,
    LEX_WORD,    /* keyword or plain identifier */
    LEX_QUOTED,  /* "identifier" with its quotes */
    LEX_LITERAL, /* string with its prefix, number, or anything unterminated */
    LEX_PARAM,   /* $1 */
    LEX_SYMBOL   /* any other single byte */
};

struct lexeme {
    enum lex_kind kind;
    struct bytes text; /* borrowed, never empty; the lexemes of a text add up to the text */
    /* A quote that never ends, or has a word right before or behind it as in 'Sean O'Brien': what
     * is taken for text may be data, and the other way round. */
    bool doubtful;
};

/* Takes one lexeme off the front of *rest; false at the end. Linear over a whole text. */
bool lex_next(struct bytes *rest, struct lexeme *ret);
/* The same, without white space and comments. */
bool lex_next_solid(struct bytes *rest, struct lexeme *ret);

/* How many bytes at the beginning have one reading only: all, or up to the first quote where a
 * lexeme is doubtful. cut: the text goes on, so that it may end anywhere. */
size_t lex_certain(struct bytes sql, bool cut);

/* Whether it is this keyword; ASCII case is ignored. */
static inline bool lex_is_word(const struct lexeme *lexeme, const char *word)
{
    return lexeme->kind == LEX_WORD && bytes_may_begin_word(lexeme->text, word) &&
           bytes_equal_nocase(lexeme->text, bytes_of(word));
}

/* Whether it is one of an array of them. */
#define LEX_IS_ONE_OF(lexeme, words)                                                               \
    ((lexeme)->kind == LEX_WORD && BYTES_ARE_ONE_OF((lexeme)->text, words))

static inline bool lex_is_symbol(const struct lexeme *lexeme, char symbol)
{
    return lexeme->kind == LEX_SYMBOL && lexeme->text.data[0] == symbol;
}

#endif
