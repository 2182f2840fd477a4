#include "sql/parameters.h"

#include <stdbool.h>
#include <stdlib.h>

#include "sql/lex.h"

enum { INSERT_COLUMNS_MAX = 256 };

struct reader {
    struct bytes *columns;
    size_t count;
    struct bytes name; /* last name read, while only operators, brackets and words like IN follow */
    struct bytes before; /* the one before it, in case it turns out to be a function's */
    bool after_name;
    size_t waiting; /* a parameter that is to get the next name, as in `$1 = a`; 0: none */
    struct bytes insert[INSERT_COLUMNS_MAX]; /* the list between INTO t and VALUES */
    size_t insert_count, position, depth;
    enum { ELSEWHERE, INTO, LIST, VALUES } where;
};

static struct bytes unquoted(const struct lexeme *l)
{
    struct bytes name = l->text;
    if (l->kind == LEX_QUOTED && name.len >= 2)
        name = (struct bytes){name.data + 1, name.len - 2};
    return name;
}

static size_t number_of(const struct lexeme *param)
{
    size_t n = 0;
    for (size_t i = 1; i < param->text.len && n < 100000; i++)
        n = n * 10 + (size_t)(param->text.data[i] - '0');
    return n;
}

static void set(struct reader *r, size_t number, struct bytes name)
{
    if (number >= 1 && number <= r->count && !r->columns[number - 1].len)
        r->columns[number - 1] = name;
}

/* Words between a column and its value. */
static bool joins(const struct lexeme *l)
{
    static const char *const words[] = {"in", "like", "ilike", "any", "all", "is", "not",
        "distinct", "from", "between", "similar", "to"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lex_is_word(l, words[i]))
            return true;
    return false;
}

/* Words behind which another expression begins. */
static bool separates(const struct lexeme *l)
{
    static const char *const words[] = {"and", "or", "where", "set", "select", "returning", "on",
        "limit", "offset", "when", "then", "else", "having", "values"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lex_is_word(l, words[i]))
            return true;
    return false;
}

static void read_param(struct reader *r, const struct lexeme *l)
{
    size_t number = number_of(l);
    if (r->where == VALUES && r->depth > 0 && r->position < r->insert_count)
        set(r, number, r->insert[r->position]);
    else if (r->name.len)
        set(r, number, r->name);
    else
        r->waiting = number;
}

static void read_name(struct reader *r, const struct lexeme *l)
{
    r->after_name = false;
    if (l->kind == LEX_WORD && joins(l))
        return;
    if (l->kind == LEX_WORD && separates(l)) {
        if (lex_is_word(l, "values") && r->where == LIST) {
            r->where = VALUES;
            r->depth = 0;
        }
        r->name = (struct bytes){0};
        r->waiting = 0;
        return;
    }
    if (lex_is_word(l, "into"))
        r->where = INTO;
    r->before = r->name;
    r->name = unquoted(l);
    r->after_name = true;
    if (r->where == LIST && r->depth == 1 && r->insert_count < INSERT_COLUMNS_MAX)
        r->insert[r->insert_count++] = r->name;
    if (r->waiting)
        set(r, r->waiting, r->name);
    r->waiting = 0;
}

static void read_symbol(struct reader *r, char symbol)
{
    if (symbol == '(') {
        if (r->where == INTO) {
            r->where = LIST;
            r->depth = 0;
        } else if (r->after_name) {
            r->name = r->before;
        }
        r->depth++;
        if (r->where == VALUES && r->depth == 1)
            r->position = 0;
    } else if (symbol == ')' && r->depth) {
        r->depth--;
    } else if (symbol == ',') {
        if (r->where == VALUES && r->depth == 1)
            r->position++;
        if (r->where == VALUES)
            r->name = (struct bytes){0};
        r->waiting = 0;
    }
}

void sql_parameter_columns(struct bytes sql, struct bytes *ret_columns, size_t count)
{
    struct reader *r = calloc(1, sizeof *r);
    struct lexeme l;
    for (size_t i = 0; i < count; i++)
        ret_columns[i] = (struct bytes){0};
    if (!r)
        return;
    r->columns = ret_columns;
    r->count = count;
    while (lex_next_solid(&sql, &l)) {
        bool name = l.kind == LEX_WORD || l.kind == LEX_QUOTED;
        if (l.kind == LEX_PARAM)
            read_param(r, &l);
        else if (name)
            read_name(r, &l);
        else if (l.kind == LEX_SYMBOL)
            read_symbol(r, l.text.data[0]);
        r->after_name = r->after_name && name;
    }
    free(r);
}
