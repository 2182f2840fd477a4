#include "sql/constant.h"

#include "sql/scan.h"

enum { SIGNS_MAX = 3 };

static bool in_operator(char c)
{
    return c && strchr("+-*/<>=~!@#%^&|`?", c);
}

/* An operator with one of these may end in a minus, any other not: `a <-5` compares with -5. */
static bool lets_minus_end(char c)
{
    return c && strchr("~!@#%^&|`?", c);
}

/* Whether the minus is an operator of its own: what stands right before it is no part of it. */
static bool stands_alone(const struct surroundings *s, const struct lexeme *minus)
{
    const char *p = minus->text.data;
    if (s->before.kind != LEX_SYMBOL || s->before.text.data + 1 != p)
        return true;
    for (; p > s->symbols && in_operator(p[-1]); p--)
        if (lets_minus_end(p[-1]))
            return false;
    return true;
}

/* Words that only an operand can follow, or nothing that looks like a constant. */
static bool asks_operand(const struct lexeme *earlier, const struct lexeme *word)
{
    static const char *const words[] = {"select", "where", "and", "or", "when", "then", "else",
        "case", "having", "limit", "offset", "returning", "like", "ilike", "to", "between",
        "symmetric", "asymmetric", "distinct", "all", "from", "for", "in", "placing", "variadic"};
    static const char *const orders[] = {"order", "group", "partition"};
    static const char *const rules[] = {"called", "null", "absent"}; /* CALLED ON NULL INPUT */
    if (lex_is_word(word, "by"))
        return LEX_IS_ONE_OF(earlier, orders);
    if (lex_is_word(word, "on"))
        return !LEX_IS_ONE_OF(earlier, rules);
    return LEX_IS_ONE_OF(word, words);
}

/* Whether an operand begins behind `before`. */
static bool begins_operand(const struct lexeme *earlier, const struct lexeme *before)
{
    if (before->kind == LEX_SYMBOL) {
        char c = before->text.data[0];
        return c != '?' && (in_operator(c) || (c && strchr("([,:", c)));
    }
    return before->kind == LEX_WORD && !lex_is_symbol(earlier, '.') &&
           !lex_is_word(earlier, "as") && asks_operand(earlier, before);
}

/* Takes a number with the signs before it, as in `- -5`. */
static bool take_number(struct bytes *rest)
{
    struct lexeme lexeme;
    for (int signs = 0; lex_next_solid(rest, &lexeme); signs++)
        if (!lex_is_symbol(&lexeme, '-') || signs == SIGNS_MAX)
            return lexeme.kind == LEX_LITERAL &&
                   (scan_is_digit(lexeme.text.data[0]) || lexeme.text.data[0] == '.');
    return false;
}

bool constant_has_sign(const struct surroundings *s, const struct lexeme *lexeme, struct bytes rest)
{
    struct lexeme colon;
    if (!lex_is_symbol(lexeme, '-') || !take_number(&rest) ||
        !begins_operand(&s->earlier, &s->before) || !stands_alone(s, lexeme))
        return false;
    return !lex_next_solid(&rest, &colon) || !lex_is_symbol(&colon, ':') || scan_at(rest, 0) != ':';
}

bool constant_is_word(const struct surroundings *s, const struct lexeme *lexeme, struct bytes rest)
{
    static const char *const words[] = {"null", "true", "false"};
    static const struct lexeme unknown = {.kind = LEX_SPACE};
    struct lexeme next;
    if (lexeme->text.len < strlen("null") || lexeme->text.len > strlen("false") ||
        !LEX_IS_ONE_OF(lexeme, words))
        return false;
    bool operand = lex_is_word(&s->before, "not") ? begins_operand(&unknown, &s->earlier)
                                                  : begins_operand(&s->earlier, &s->before);
    if (!operand || !lex_is_word(lexeme, "null"))
        return operand;
    /* COPY's option `NULL 'x'` has its string behind it. */
    return !lex_next_solid(&rest, &next) || next.kind != LEX_LITERAL;
}

bool constant_goes_on(const struct surroundings *s, const struct lexeme *lexeme)
{
    struct bytes before = s->before.text;
    return lexeme->kind == LEX_LITERAL && lexeme->text.data[0] == '\'' &&
           s->before.kind == LEX_LITERAL && before.data[before.len - 1] == '\'';
}

void constant_follow(struct surroundings *s, const struct lexeme *lexeme)
{
    bool goes_on = s->before.kind == LEX_SYMBOL && s->before.text.data + 1 == lexeme->text.data;
    if (lexeme->kind == LEX_SYMBOL && !goes_on)
        s->symbols = lexeme->text.data;
    s->earlier = s->before;
    s->before = *lexeme;
}
