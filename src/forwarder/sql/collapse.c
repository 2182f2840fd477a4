#include "sql/collapse.h"

static bool opens(const struct lexeme *lexeme)
{
    return lex_is_symbol(lexeme, '(') || lex_is_symbol(lexeme, '[');
}

static bool closes(const struct lexeme *lexeme)
{
    return lex_is_symbol(lexeme, ')') || lex_is_symbol(lexeme, ']');
}

static void cut(struct buf *out, size_t len)
{
    if (len < out->len) {
        out->len = len;
        out->data[len] = '\0';
    }
}

static void list_open(struct collapse *c, const struct lexeme *lexeme)
{
    if (!(c->opener == OPENER_IN && lex_is_symbol(lexeme, '(')) &&
        !(c->opener == OPENER_ARRAY && lex_is_symbol(lexeme, '[')))
        return;
    memset(&c->list, 0, sizeof(c->list));
    c->list.depth = 1;
}

/* Whether a list with this lexeme may still be a list of constants. */
static bool list_allows(struct collapse *c, const struct lexeme *lexeme)
{
    switch (lexeme->kind) {
    case LEX_LITERAL:
    case LEX_PARAM:
        return true;
    case LEX_QUOTED:
    case LEX_WORD:
        return c->list.cast;
    case LEX_SYMBOL:
        return lexeme->text.data[0] && strchr("()[],:.?+-", lexeme->text.data[0]);
    default:
        /* A kept comment: the end of its line must not be cut off. */
        return false;
    }
}

static void list_close(struct collapse *c, struct buf *out)
{
    if (c->list.commas)
        cut(out, c->list.first_end);
}

static void list_feed(struct collapse *c, const struct lexeme *lexeme, struct buf *out)
{
    if (!c->list.depth) {
        list_open(c, lexeme);
    } else if (!list_allows(c, lexeme)) {
        c->list.depth = 0;
    } else if (opens(lexeme)) {
        c->list.depth++;
    } else if (closes(lexeme)) {
        if (--c->list.depth == 0)
            list_close(c, out);
    } else if (lex_is_symbol(lexeme, ':')) {
        c->list.cast = true;
    } else if (lex_is_symbol(lexeme, ',')) {
        c->list.cast = false;
        if (c->list.depth == 1 && c->list.commas++ == 0)
            c->list.first_end = out->len;
    }
}

static void rows_later(struct collapse *c, struct buf *out)
{
    c->rows.state = ROWS_LATER;
    c->rows.depth = 1;
    cut(out, c->rows.end);
    if (!c->rows.more)
        buf_puts(out, ", ...");
    c->rows.more = true;
    c->rows.end = out->len;
}

static void rows_in(struct collapse *c, const struct lexeme *lexeme)
{
    if (opens(lexeme))
        c->rows.depth++;
    else if (closes(lexeme) && --c->rows.depth == 0)
        c->rows.state = ROWS_BETWEEN;
}

static void rows_feed(struct collapse *c, const struct lexeme *lexeme, struct buf *out)
{
    bool open = lex_is_symbol(lexeme, '(');
    switch (c->rows.state) {
    case ROWS_FIRST:
    case ROWS_LATER:
        rows_in(c, lexeme);
        return;
    case ROWS_BETWEEN:
        if (!c->rows.end)
            c->rows.end = out->len;
        if (lexeme->kind != LEX_COMMENT)
            c->rows.state = lex_is_symbol(lexeme, ',') ? ROWS_COMMA : ROWS_NONE;
        return;
    case ROWS_COMMA:
        if (open)
            rows_later(c, out);
        else if (lexeme->kind != LEX_COMMENT)
            c->rows.state = ROWS_NONE;
        return;
    case ROWS_NONE:
        if (open && c->opener == OPENER_VALUES) {
            c->rows.state = ROWS_FIRST;
            c->rows.depth = 1;
            c->rows.end = 0;
            c->rows.more = false;
        }
    }
}

static enum collapse_opener opener_of(const struct lexeme *lexeme)
{
    if (lex_is_word(lexeme, "in"))
        return OPENER_IN;
    if (lex_is_word(lexeme, "array"))
        return OPENER_ARRAY;
    return lex_is_word(lexeme, "values") ? OPENER_VALUES : OPENER_NONE;
}

bool collapse_feed(struct collapse *c, const struct lexeme *lexeme, struct buf *out)
{
    bool was_later = c->rows.state == ROWS_LATER;
    if (!was_later)
        list_feed(c, lexeme, out);
    rows_feed(c, lexeme, out);
    c->opener = opener_of(lexeme);
    return !was_later && c->rows.state != ROWS_LATER;
}

void collapse_end(struct collapse *c, struct buf *out)
{
    if (c->list.depth)
        list_close(c, out);
}
