#include "sql/classify.h"
#include "sql/lex.h"
#include "sql/split.h"

enum { NAME_MAX_BYTES = 63 }; /* NAMEDATALEN - 1 */

static bool is_name(const struct lexeme *lexeme)
{
    return lexeme->kind == LEX_WORD || lexeme->kind == LEX_QUOTED;
}

static bool skip_word(struct bytes *rest, const char *word)
{
    struct lexeme lexeme;
    return lex_next_solid(rest, &lexeme) && lex_is_word(&lexeme, word);
}

static void count_brackets(const struct lexeme *lexeme, size_t *depth)
{
    if (lex_is_symbol(lexeme, '('))
        ++*depth;
    else if (lex_is_symbol(lexeme, ')') && *depth)
        --*depth;
}

/* Behind the bracket that closes the one just read. */
static void skip_brackets(struct bytes *rest)
{
    struct lexeme lexeme;
    size_t depth = 1;
    while (depth && lex_next_solid(rest, &lexeme))
        count_brackets(&lexeme, &depth);
}

bool sql_parse_prepare(struct bytes sql, struct bytes *ret_name, struct bytes *ret_body)
{
    struct lexeme name, next;
    if (!skip_word(&sql, "prepare") || !lex_next_solid(&sql, &name) || !is_name(&name))
        return false;
    if (!lex_next_solid(&sql, &next))
        return false;
    if (lex_is_symbol(&next, '(')) {
        skip_brackets(&sql);
        if (!lex_next_solid(&sql, &next))
            return false;
    }
    if (!lex_is_word(&next, "as"))
        return false;
    *ret_name = name.text;
    if (!sql_next_statement(&sql, ret_body))
        *ret_body = bytes_skip(sql, sql.len);
    return true;
}

bool sql_parse_execute(struct bytes sql, struct bytes *ret_name)
{
    struct lexeme name, next;
    if (!skip_word(&sql, "execute") || !lex_next_solid(&sql, &name) || !is_name(&name))
        return false;
    if (lex_next_solid(&sql, &next) && !lex_is_symbol(&next, '(') && !lex_is_symbol(&next, ';'))
        return false;
    *ret_name = name.text;
    return true;
}

bool sql_parse_deallocate(struct bytes sql, struct bytes *ret_name)
{
    struct lexeme name, next;
    if (!skip_word(&sql, "deallocate") || !lex_next_solid(&sql, &name))
        return false;
    bool more = lex_next_solid(&sql, &next);
    /* PREPARE alone is a name: the word is not reserved. */
    if (more && lex_is_word(&name, "prepare") && is_name(&next)) {
        name = next;
        more = lex_next_solid(&sql, &next);
    }
    if (!is_name(&name) || (more && !lex_is_symbol(&next, ';')))
        return false;
    *ret_name = name.text;
    if (lex_is_word(&name, "all"))
        ret_name->len = 0;
    return true;
}

static void fold_quoted(struct bytes name, struct buf *out)
{
    for (size_t i = 1; i + 1 < name.len; i++) {
        buf_putc(out, name.data[i]);
        if (name.data[i] == '"')
            i++;
    }
}

static void fold_plain(struct bytes name, struct buf *out)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        buf_putc(out, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
    }
}

void sql_fold_name(struct bytes name, struct buf *out)
{
    buf_add(out, "", 0);
    size_t start = out->len;
    if (name.len >= 2 && name.data[0] == '"')
        fold_quoted(name, out);
    else
        fold_plain(name, out);
    if (out->len - start > NAME_MAX_BYTES) {
        out->len = start + NAME_MAX_BYTES;
        out->data[out->len] = '\0';
    }
}
