#include "sql/parameters.h"

#include <stdbool.h>
#include <stdlib.h>

#include "sql/lex.h"

enum { INSERT_COLUMNS_MAX = 256, LEVELS_MAX = 32 };

/* One open bracket. */
struct level {
    struct bytes name; /* of the column that all in it is compared with; empty: of none */
    bool function;     /* arguments: behind the first one nothing is known */
    bool commas;
};

struct reader {
    struct bytes *columns;
    bool *plain;
    bool boundary; /* an expression begins here */
    bool bare;     /* the last name began it, and nothing but a comparison has followed */
    size_t last;   /* a plain parameter that was read right before; 0: none */
    size_t count;
    struct bytes name;   /* last name read, while only what may join it to a value follows */
    bool joined;         /* an operator or a word like IN has followed */
    struct bytes before; /* the name joined to the last one, in case that is a function's */
    bool after_name, after_dot, after_cast;
    size_t waiting;    /* a parameter that may get the next name, as in `$1 = a`; 0: none */
    bool waits_joined; /* an operator has followed it */
    size_t given;      /* the one that got the name last: `$1 = t.a` is about a */
    struct bytes insert[INSERT_COLUMNS_MAX]; /* the list between INTO t and VALUES */
    size_t insert_count, position, insert_depth;
    enum { ELSEWHERE, INTO, LIST, VALUES } where;
    struct level levels[LEVELS_MAX];
    size_t depth;
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

static bool set(struct reader *r, size_t number, struct bytes name)
{
    bool sets = number >= 1 && number <= r->count && !r->columns[number - 1].len;
    if (sets)
        r->columns[number - 1] = name;
    return sets;
}

/* Words between a column and its value. */
static bool joins(const struct lexeme *l)
{
    static const char *const words[] = {"in", "like", "ilike", "any", "all", "is", "not",
        "distinct", "from", "between", "similar", "to", "array", "row"};
    return LEX_IS_ONE_OF(l, words);
}

/* Words behind which another expression begins. */
static bool separates(const struct lexeme *l)
{
    static const char *const words[] = {"and", "or", "where", "set", "select", "returning", "on",
        "limit", "offset", "when", "then", "else", "having", "values", "as", "using", "with"};
    return LEX_IS_ONE_OF(l, words);
}

static void forget_name(struct reader *r)
{
    r->name = r->before = (struct bytes){0};
    r->joined = false;
}

/* symbol: NUL for a word. */
static void join(struct reader *r, char symbol)
{
    r->bare = r->bare && (!symbol || strchr("=<>!", symbol));
    r->joined = r->name.len > 0;
    r->waits_joined = r->waiting > 0;
}

static void read_param(struct reader *r, const struct lexeme *l)
{
    size_t number = number_of(l);
    bool plain = false;
    r->waiting = 0;
    if (r->where == VALUES && r->insert_depth > 0 && r->position < r->insert_count) {
        plain = set(r, number, r->insert[r->position]) && r->boundary && r->insert_depth == 1;
    } else if (r->joined) {
        plain = set(r, number, r->name) && r->bare;
    } else {
        r->waiting = number;
        r->waits_joined = false;
    }
    if (plain)
        r->plain[number - 1] = true;
    r->last = plain ? number : 0;
}

/* What follows a parameter decides too: `a = $1 || b`. */
static void doubt_last(struct reader *r, const struct lexeme *next)
{
    bool ends = next->kind == LEX_SYMBOL ? next->text.data[0] && strchr(",);:", next->text.data[0])
                                         : next->kind == LEX_WORD && separates(next);
    if (r->last && !ends)
        r->plain[r->last - 1] = false;
    r->last = 0;
}

static void read_separator(struct reader *r, const struct lexeme *l)
{
    if (lex_is_word(l, "values") && r->where == LIST) {
        r->where = VALUES;
        r->insert_depth = 0;
    }
    forget_name(r);
    r->waiting = 0;
    r->boundary = true;
    if (r->where == VALUES && !r->insert_depth && !lex_is_word(l, "values"))
        r->where = ELSEWHERE;
    if (lex_is_word(l, "limit") || lex_is_word(l, "offset")) {
        r->name = l->text;
        r->joined = r->bare = true;
    }
}

static void read_name(struct reader *r, const struct lexeme *l)
{
    bool dotted = r->after_dot, type = r->after_cast;
    r->after_name = r->after_dot = r->after_cast = false;
    if (type)
        return;
    if (l->kind == LEX_WORD && joins(l)) {
        join(r, '\0');
        return;
    }
    if (l->kind == LEX_WORD && separates(l)) {
        read_separator(r, l);
        return;
    }
    if (lex_is_word(l, "into"))
        r->where = INTO;
    if (!dotted)
        r->before = r->joined ? r->name : (struct bytes){0};
    r->bare = r->boundary || (dotted && r->bare);
    r->boundary = false;
    r->name = unquoted(l);
    r->joined = false;
    r->after_name = true;
    if (r->where == LIST && r->insert_depth == 1 && !dotted && r->insert_count < INSERT_COLUMNS_MAX)
        r->insert[r->insert_count++] = r->name;
    if (dotted && r->given) {
        r->columns[r->given - 1] = r->name;
        return;
    }
    r->given = 0;
    if (r->waiting && r->waits_joined && set(r, r->waiting, r->name))
        r->given = r->waiting;
    r->waiting = 0;
}

static void open_bracket(struct reader *r, bool round)
{
    struct level level = {.function = round && r->after_name};
    level.name = level.function ? r->before : r->joined ? r->name : (struct bytes){0};
    if (r->where == INTO && round) {
        r->where = LIST;
        r->insert_depth = 0;
    }
    if ((round || r->where == VALUES) && ++r->insert_depth == 1)
        r->position = 0;
    r->boundary = !level.function;
    r->bare = r->bare && !level.function && round;
    if (r->depth < LEVELS_MAX)
        r->levels[r->depth] = level;
    r->depth++;
    r->name = level.name;
    r->joined = level.name.len > 0;
    r->waiting = 0;
}

static void close_bracket(struct reader *r, bool round)
{
    if ((round || r->where == VALUES) && r->insert_depth)
        r->insert_depth--;
    r->boundary = r->bare = false;
    r->waiting = 0;
    if (!r->depth || r->depth-- > LEVELS_MAX) {
        forget_name(r);
        return;
    }
    const struct level *level = &r->levels[r->depth];
    if (level->name.len)
        r->name = level->name;
    else if (level->commas)
        forget_name(r);
    r->joined = level->name.len > 0;
}

static void read_comma(struct reader *r)
{
    struct level *level = r->depth && r->depth <= LEVELS_MAX ? &r->levels[r->depth - 1] : NULL;
    bool list = level && !level->function && level->name.len;
    if (level)
        level->commas = true;
    if (r->where == VALUES && r->insert_depth == 1)
        r->position++;
    forget_name(r);
    if (list)
        r->name = level->name;
    r->joined = list;
    r->waiting = 0;
    r->bare = r->bare && list;
    r->boundary = !list;
}

static void read_symbol(struct reader *r, char symbol)
{
    r->after_dot = symbol == '.';
    if (symbol == '(' || symbol == '[') {
        open_bracket(r, symbol == '(');
    } else if (symbol == ')' || symbol == ']') {
        close_bracket(r, symbol == ')');
    } else if (symbol == ',') {
        read_comma(r);
    } else if (symbol == ':') {
        r->after_cast = true;
        r->waiting = 0;
        r->bare = false;
    } else if (symbol == ';') {
        forget_name(r);
        r->waiting = 0;
        r->where = ELSEWHERE;
        r->boundary = true;
    } else if (symbol != '.') {
        join(r, symbol);
    }
}

void sql_parameter_columns(
    struct bytes sql, struct bytes *ret_columns, bool *ret_plain, size_t count)
{
    struct reader *r = calloc(1, sizeof *r);
    struct lexeme l;
    for (size_t i = 0; i < count; i++) {
        ret_columns[i] = (struct bytes){0};
        ret_plain[i] = false;
    }
    if (!r)
        return;
    r->columns = ret_columns;
    r->plain = ret_plain;
    r->boundary = true;
    r->count = count;
    while (lex_next_solid(&sql, &l)) {
        bool name = l.kind == LEX_WORD || l.kind == LEX_QUOTED;
        doubt_last(r, &l);
        if (l.kind == LEX_PARAM)
            read_param(r, &l);
        else if (name)
            read_name(r, &l);
        else if (l.kind == LEX_SYMBOL)
            read_symbol(r, l.text.data[0]);
        else
            r->bare = false;
        r->after_name = r->after_name && name;
        r->boundary = r->boundary && l.kind != LEX_PARAM && l.kind != LEX_LITERAL;
    }
    free(r);
}
