#include "sql/obfuscate.h"
#include "sql/collapse.h"
#include "sql/comment.h"

struct writer {
    struct buf *out;
    size_t start;       /* where the statement begins in out */
    struct bytes space; /* to be added before the next lexeme */
    struct collapse collapse;
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
        else if (lexeme.kind == LEX_COMMENT &&
                 !(keep_comments && sql_comment_is_pairs(lexeme.text)))
            note_space(&w, BYTES(" "));
        else
            write_lexeme(&w, &lexeme);
    }
    if (rest.text.len)
        write_lexeme(&w, &rest);
    collapse_end(&w.collapse, out);
}
