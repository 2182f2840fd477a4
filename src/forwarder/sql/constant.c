#include "sql/constant.h"

#include "sql/scan.h"

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

static bool begins_operand(const struct surroundings *s)
{
    static const char *const words[] = {"select", "where", "and", "or", "on", "when", "then",
        "else", "case", "having", "limit", "offset", "returning", "like", "ilike", "between",
        "symmetric", "distinct", "return"};
    static const char *const orders[] = {"order", "group", "partition"};
    const struct lexeme *before = &s->before;
    if (before->kind == LEX_SYMBOL) {
        char c = before->text.data[0];
        return c != '?' && (in_operator(c) || (c && strchr("([,:", c)));
    }
    if (before->kind != LEX_WORD || lex_is_symbol(&s->earlier, '.') ||
        lex_is_word(&s->earlier, "as"))
        return false;
    return LEX_IS_ONE_OF(before, words) ||
           (lex_is_word(before, "from") && lex_is_word(&s->earlier, "distinct")) ||
           (lex_is_word(before, "by") && LEX_IS_ONE_OF(&s->earlier, orders));
}

bool constant_has_sign(const struct surroundings *s, const struct lexeme *lexeme, struct bytes rest)
{
    struct lexeme number, colon;
    if (!lex_is_symbol(lexeme, '-') || !lex_next_solid(&rest, &number) ||
        number.kind != LEX_LITERAL ||
        !(scan_is_digit(number.text.data[0]) || number.text.data[0] == '.') || !begins_operand(s) ||
        !stands_alone(s, lexeme))
        return false;
    return !lex_next_solid(&rest, &colon) || !lex_is_symbol(&colon, ':') || scan_at(rest, 0) != ':';
}

/* COPY's option `NULL 'x'` has its string behind it. */
bool constant_is_word(const struct surroundings *s, const struct lexeme *lexeme, struct bytes rest)
{
    static const char *const words[] = {"null", "true", "false"};
    struct lexeme next;
    if (!LEX_IS_ONE_OF(lexeme, words) || !begins_operand(s))
        return false;
    return !lex_is_word(lexeme, "null") ||
           (!lex_is_word(&s->before, "on") &&
               !(lex_next_solid(&rest, &next) && next.kind == LEX_LITERAL));
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
