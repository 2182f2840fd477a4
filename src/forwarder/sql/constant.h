/* What a constant has besides digits and quotes: PostgreSQL reads `a + -5` as `a + 5` with another
 * constant, and NULL, TRUE and FALSE as constants, wherever an operand begins. */
#ifndef APMSHIM_SQL_CONSTANT_H
#define APMSHIM_SQL_CONSTANT_H

#include "base/bytes.h"
#include "sql/lex.h"

/* The solid lexemes before the one that is asked about; all-zero at the start. */
struct surroundings {
    struct lexeme before, earlier;
    const char *symbols; /* where the symbols that stand side by side up to `before` begin */
};

/* Whether the lexeme, with rest behind it, is a number's minus sign. `- 5::int` is none: the cast
 * binds closer. */
bool constant_has_sign(
    const struct surroundings *s, const struct lexeme *lexeme, struct bytes rest);
/* Whether it is NULL, TRUE or FALSE as an operand, unlike in `IS NULL` or `a int NOT NULL`. */
bool constant_is_word(const struct surroundings *s, const struct lexeme *lexeme, struct bytes rest);
/* Whether it goes on with a string that was begun on another line. */
bool constant_goes_on(const struct surroundings *s, const struct lexeme *lexeme);
/* To be called behind each solid lexeme. */
void constant_follow(struct surroundings *s, const struct lexeme *lexeme);

#endif
