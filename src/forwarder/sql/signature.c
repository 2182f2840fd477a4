#include "sql/signature.h"
#include "sql/identifier.h"
#include "sql/lex.h"

/* One way through a statement. */
struct reader {
    struct bytes rest;
    struct lexeme now, before; /* empty: the end, the beginning */
};

static bool advance(struct reader *r)
{
    r->before = r->now;
    r->now = (struct lexeme){LEX_SPACE, {0}, false};
    return lex_next_solid(&r->rest, &r->now);
}

static bool is_symbol(const struct lexeme *lexeme, char symbol)
{
    return lexeme->text.len && lex_is_symbol(lexeme, symbol);
}

/* Whether this word stands here, and not as a name, as it may in `a.from` and `a AS from`. */
static bool at_word(const struct reader *r, const char *word)
{
    return lex_is_word(&r->now, word) && !is_symbol(&r->before, '.') &&
           !lex_is_word(&r->before, "as");
}

static bool skip_to(struct reader *r, const char *word)
{
    while (!at_word(r, word))
        if (!advance(r))
            return false;
    return advance(r);
}

static struct lexeme following(const struct reader *r)
{
    struct reader ahead = *r;
    advance(&ahead);
    return ahead.now;
}

static void cut(struct buf *out, size_t len)
{
    out->len = len;
    out->data[len] = '\0';
}

/* `a.b.c`; false when no name is there. */
static bool add_name(struct reader *r, struct buf *out)
{
    if (!r->now.text.len || !sql_take_identifier(&r->rest, &r->now, out))
        return false;
    advance(r);
    while (is_symbol(&r->now, '.')) {
        size_t end = out->len;
        advance(r);
        buf_putc(out, '.');
        if (!r->now.text.len || !sql_take_identifier(&r->rest, &r->now, out)) {
            cut(out, end);
            break;
        }
        advance(r);
    }
    return true;
}

/* Goes to the first name behind FROM and the like, through `ONLY (a)`, `(a JOIN b)`, `LATERAL f()`
 * and `ROWS FROM (f())`. False: a subquery is there. */
static bool skip_to_name(struct reader *r)
{
    bool bracket = false;
    while (true) {
        struct lexeme next = following(r);
        if (is_symbol(&r->now, '('))
            bracket = true;
        else if (lex_is_word(&r->now, "rows") && lex_is_word(&next, "from"))
            advance(r);
        else if (!lex_is_word(&r->now, "only") && !lex_is_word(&r->now, "lateral"))
            break;
        advance(r);
    }
    static const char *const queries[] = {"select", "with", "table"};
    struct lexeme next = following(r);
    return !LEX_IS_ONE_OF(&r->now, queries) &&
           !(bracket && lex_is_word(&r->now, "values") && is_symbol(&next, '('));
}

static bool add_named(struct reader *r, const char *verb, struct buf *out)
{
    size_t start = out->len;
    buf_puts(out, verb);
    if (skip_to_name(r) && add_name(r, out))
        return true;
    cut(out, start);
    return false;
}

/* Behind the FROM of the query, or of the first of its members that has one where several are
 * joined by UNION and the like; brackets around members are open when it starts. */
static bool skip_to_outer_from(struct reader *r, size_t brackets)
{
    static const char *const joints[] = {"union", "except", "intersect"};
    size_t depth = brackets;
    bool joint = false, distinct = false; /* a IS DISTINCT FROM b */
    while (advance(r)) {
        if (is_symbol(&r->now, '(')) {
            depth++;
            brackets += joint;
        } else if (is_symbol(&r->now, ')') && depth) {
            brackets -= depth == brackets;
            depth--;
        } else if (depth == brackets && !distinct && at_word(r, "from")) {
            return advance(r);
        }
        distinct = at_word(r, "distinct");
        joint = LEX_IS_ONE_OF(&r->now, joints) ||
                (joint && (distinct || is_symbol(&r->now, '(') || at_word(r, "all")));
    }
    return false;
}

static bool is_name(const struct lexeme *lexeme)
{
    return lexeme->kind == LEX_QUOTED ||
           (lexeme->kind == LEX_WORD && !lex_is_word(lexeme, "set") && !lex_is_word(lexeme, "as"));
}

/* A word before a name with a period is another database's option, as in `UPDATE IGNORE a.b`. */
static bool add_update(struct reader *r, struct buf *out)
{
    size_t start = out->len;
    bool named = add_named(r, "UPDATE ", out);
    while (named && is_name(&r->now)) {
        struct lexeme next = following(r);
        if (is_symbol(&next, '.')) {
            cut(out, start);
            named = add_named(r, "UPDATE ", out);
        } else {
            advance(r);
        }
    }
    if (named && r->now.text.len)
        return true;
    cut(out, start);
    return false;
}

/* brackets: how many are open before the first word. */
static bool add_signature(struct reader *r, size_t brackets, struct buf *out)
{
    struct lexeme verb = r->now;
    if (lex_is_word(&verb, "select"))
        return skip_to_outer_from(r, brackets) && add_named(r, "SELECT FROM ", out);
    if (lex_is_word(&verb, "insert"))
        return skip_to(r, "into") && add_named(r, "INSERT INTO ", out);
    if (lex_is_word(&verb, "replace"))
        return skip_to(r, "into") && add_named(r, "REPLACE INTO ", out);
    if (lex_is_word(&verb, "delete"))
        return skip_to(r, "from") && add_named(r, "DELETE FROM ", out);
    if (lex_is_word(&verb, "update"))
        return advance(r) && add_update(r, out);
    return lex_is_word(&verb, "call") && advance(r) && add_named(r, "CALL ", out);
}

static void add_upper(struct bytes word, struct buf *out)
{
    for (size_t i = 0; i < word.len; i++) {
        char c = word.data[i];
        buf_putc(out, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
}

void sql_signature(struct bytes sql, struct buf *out)
{
    struct reader reader = {.rest = sql};
    size_t brackets = 0;
    buf_add(out, "", 0);
    /* A bracket or a stray sign may come first, as in `(SELECT a) UNION (SELECT b)`. */
    do {
        if (!advance(&reader))
            return;
        brackets += is_symbol(&reader.now, '(');
    } while (reader.now.kind != LEX_WORD && reader.now.kind != LEX_QUOTED);
    struct lexeme first = reader.now;
    if (add_signature(&reader, brackets, out))
        return;
    if (first.kind == LEX_QUOTED)
        first.text = (struct bytes){first.text.data + 1, first.text.len - 2};
    add_upper(first.text, out);
}
