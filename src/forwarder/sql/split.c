#include "sql/split.h"

#include "sql/lex.h"

/* What keeps a `;` from ending the statement. */
struct nesting {
    size_t brackets;
    size_t bodies; /* of functions, between BEGIN ATOMIC and END */
    enum { BEGINNING, ROUTINE, OTHER } statement;
    struct lexeme before;
};

static bool is_blank(const struct lexeme *lexeme)
{
    return lexeme->kind == LEX_SPACE || lexeme->kind == LEX_COMMENT;
}

static void follow_brackets(struct nesting *n, const struct lexeme *lexeme)
{
    if (lex_is_symbol(lexeme, '('))
        n->brackets++;
    else if (lex_is_symbol(lexeme, ')') && n->brackets)
        n->brackets--;
}

/* Every statement of a body has its `;`, so the END of a CASE is never behind one. */
static void follow_bodies(struct nesting *n, const struct lexeme *lexeme)
{
    static const char *const first[] = {"create", "or", "replace"};
    static const char *const routines[] = {"function", "procedure"};
    bool behind_begin = lex_is_word(&n->before, "begin");
    if (n->statement == BEGINNING && !LEX_IS_ONE_OF(lexeme, first))
        n->statement = n->before.text.len && LEX_IS_ONE_OF(lexeme, routines) ? ROUTINE : OTHER;
    else if (n->statement == ROUTINE && behind_begin && lex_is_word(lexeme, "atomic"))
        n->bodies++;
    else if (n->bodies && lex_is_word(lexeme, "end") &&
             (lex_is_symbol(&n->before, ';') || lex_is_word(&n->before, "atomic")))
        n->bodies--;
}

bool sql_next_statement(struct bytes *rest, struct bytes *ret_statement)
{
    struct nesting nesting = {.before.kind = LEX_SPACE};
    struct lexeme lexeme;
    const char *start = NULL, *end = NULL;
    bool solid = false;
    while (lex_next(rest, &lexeme)) {
        bool semicolon = lex_is_symbol(&lexeme, ';') && !nesting.brackets && !nesting.bodies;
        if (semicolon && solid)
            break;
        if (semicolon)
            start = NULL; /* comments before it belong to an empty statement */
        if (semicolon || lexeme.kind == LEX_SPACE)
            continue;
        start = start ? start : lexeme.text.data;
        end = lexeme.text.data + lexeme.text.len;
        if (is_blank(&lexeme))
            continue;
        solid = true;
        follow_brackets(&nesting, &lexeme);
        if (nesting.statement != OTHER)
            follow_bodies(&nesting, &lexeme);
        nesting.before = lexeme;
    }
    if (solid)
        *ret_statement = (struct bytes){start, (size_t)(end - start)};
    return solid;
}
