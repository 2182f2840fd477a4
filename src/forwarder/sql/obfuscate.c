#include "sql/obfuscate.h"
#include "sql/collapse.h"
#include "sql/comment.h"
#include "sql/constant.h"

struct writer {
    struct buf *out;
    size_t start;       /* where the statement begins in out */
    struct bytes space; /* to be added before the next lexeme */
    struct collapse collapse;
    struct surroundings surroundings;
};

static void write_lexeme(struct writer *w, const struct lexeme *lexeme)
{
    if (collapse_feed(&w->collapse, lexeme, w->out)) {
        if (w->out->len > w->start)
            buf_add(w->out, w->space.data, w->space.len);
        if (lexeme->kind == LEX_LITERAL)
            buf_putc(w->out, '?');
        else
            buf_add(w->out, lexeme->text.data, lexeme->text.len);
    }
    w->space = (struct bytes){0};
}

/* A number's sign and the later pieces of a string belong to the `?`. rest: what follows. */
static void write_solid(struct writer *w, struct lexeme lexeme, struct bytes rest)
{
    const struct surroundings *s = &w->surroundings;
    if (constant_has_sign(s, &lexeme, rest))
        return;
    if (constant_goes_on(s, &lexeme)) {
        w->surroundings.before = lexeme;
        w->space = (struct bytes){0};
        return;
    }
    if (constant_is_word(s, &lexeme, rest))
        lexeme.kind = LEX_LITERAL;
    write_lexeme(w, &lexeme);
    constant_follow(&w->surroundings, &lexeme);
}

/* Around a dropped comment the white space before it wins. */
static void note_space(struct writer *w, struct bytes space)
{
    if (!w->space.len)
        w->space = space;
}

void sql_obfuscate(struct bytes sql, bool keep_comments, bool cut, struct buf *out)
{
    buf_add(out, "", 0);
    struct writer w = {.out = out, .start = out->len};
    struct bytes certain = {sql.data, lex_certain(sql, cut)};
    struct lexeme lexeme = {LEX_LITERAL, bytes_skip(sql, certain.len), false};
    const struct lexeme rest = lexeme;
    while (lex_next(&certain, &lexeme)) {
        if (lexeme.kind == LEX_SPACE)
            note_space(&w, lexeme.text);
        else if (lexeme.kind != LEX_COMMENT)
            write_solid(&w, lexeme, certain);
        else if (keep_comments && sql_comment_is_pairs(lexeme.text))
            write_lexeme(&w, &lexeme);
        else
            note_space(&w, BYTES(" "));
    }
    if (rest.text.len)
        write_lexeme(&w, &rest);
    collapse_end(&w.collapse, out);
}
