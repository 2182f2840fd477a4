#include "sql/signature.h"
#include "sql/lex.h"
#include "sql/token.h"

/* Two readings of the statement, in step: the tokenizer knows several dialects and so may find a
 * table's name in what PostgreSQL takes for data. */
struct reader {
    struct sql_scanner scanner;
    struct bytes lex_rest;
    struct lexeme lexeme;
};

static const char *end_of(struct bytes b)
{
    return b.data + b.len;
}

/* Whether PostgreSQL sees some of the token as a literal or comment. Tokens come in order. */
static bool is_hidden(struct reader *reader, struct bytes token)
{
    struct lexeme *lexeme = &reader->lexeme;
    while (true) {
        bool reached = lexeme->text.len && end_of(lexeme->text) > token.data;
        if (reached && (lexeme->kind == LEX_LITERAL || lexeme->kind == LEX_COMMENT))
            return true;
        if (reached && end_of(lexeme->text) >= end_of(token))
            return false;
        if (!lex_next(&reader->lex_rest, lexeme))
            return false;
    }
}

static bool next_token(struct reader *reader, struct sql_token *token)
{
    while (sql_token_next(&reader->scanner, token)) {
        if (token->kind == SQL_COMMENT)
            continue;
        bool word = token->kind == SQL_IDENT || token->kind >= SQL_AS;
        if (word && is_hidden(reader, token->text))
            token->kind = SQL_OTHER;
        return true;
    }
    return false;
}

static bool next_is(struct reader *reader, enum sql_token_kind kind, struct sql_token *token)
{
    return next_token(reader, token) && token->kind == kind;
}

static bool skip_to(struct reader *reader, enum sql_token_kind kind)
{
    struct sql_token token;
    while (next_token(reader, &token)) {
        if (token.kind == kind)
            return true;
    }
    return false;
}

static bool skip_to_outer_from(struct reader *reader)
{
    struct sql_token token;
    long depth = 0;
    bool distinct = false; /* a IS DISTINCT FROM b */
    while (next_token(reader, &token)) {
        if (token.kind == SQL_LPAREN)
            depth++;
        else if (token.kind == SQL_RPAREN)
            depth--;
        else if (token.kind == SQL_FROM && depth == 0 && !distinct)
            return true;
        distinct = token.kind == SQL_IDENT && bytes_equal_nocase(token.text, BYTES("distinct"));
    }
    return false;
}

static void add_bytes(struct buf *out, struct bytes b)
{
    buf_add(out, b.data, b.len);
}

/* `verb a.b.c`, or false when no identifier follows. */
static bool add_table(struct reader *reader, const char *verb, struct buf *out)
{
    struct sql_token token;
    if (!next_is(reader, SQL_IDENT, &token))
        return false;
    buf_puts(out, verb);
    add_bytes(out, token.text);
    while (next_is(reader, SQL_PERIOD, &token) && next_is(reader, SQL_IDENT, &token)) {
        buf_putc(out, '.');
        add_bytes(out, token.text);
    }
    return true;
}

static bool add_call(struct reader *reader, struct buf *out)
{
    struct sql_token token;
    if (!next_is(reader, SQL_IDENT, &token))
        return false;
    buf_puts(out, "CALL ");
    add_bytes(out, token.text);
    return true;
}

/* Until a period shows where the name is, every word may be an option before it (IGNORE, ONLY). */
static bool add_update(struct reader *reader, struct buf *out)
{
    struct sql_token token;
    struct bytes name = {0};
    struct buf rest = {0};
    bool after_period = false, ended = false;
    while (!ended && next_token(reader, &token)) {
        if (token.kind == SQL_IDENT && after_period)
            add_bytes(&rest, token.text);
        else if (token.kind == SQL_IDENT && rest.len == 0)
            name = token.text;
        else if (token.kind == SQL_PERIOD)
            buf_putc(&rest, '.');
        else if (token.kind != SQL_IDENT)
            ended = true;
        after_period = token.kind == SQL_PERIOD;
    }
    if (ended && name.len) {
        buf_puts(out, "UPDATE ");
        add_bytes(out, name);
        add_bytes(out, (struct bytes){rest.data, rest.len});
    }
    buf_free(&rest);
    return ended && name.len;
}

static bool add_named(struct reader *reader, enum sql_token_kind first, struct buf *out)
{
    switch (first) {
    case SQL_CALL:
        return add_call(reader, out);
    case SQL_DELETE:
        return skip_to(reader, SQL_FROM) && add_table(reader, "DELETE FROM ", out);
    case SQL_INSERT:
        return skip_to(reader, SQL_INTO) && add_table(reader, "INSERT INTO ", out);
    case SQL_REPLACE:
        return skip_to(reader, SQL_INTO) && add_table(reader, "REPLACE INTO ", out);
    case SQL_SELECT:
        return skip_to_outer_from(reader) && add_table(reader, "SELECT FROM ", out);
    case SQL_UPDATE:
        return add_update(reader, out);
    default:
        return false;
    }
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
    struct reader reader = {.scanner = {.rest = sql}, .lex_rest = sql};
    struct sql_token first;
    buf_reserve(out, 0);
    if (!out->len)
        out->data[0] = '\0';
    /* A bracket or a stray sign may come first, as in `(SELECT a) UNION (SELECT b)`. */
    do {
        if (!next_token(&reader, &first))
            return;
    } while (first.kind < SQL_AS && first.kind != SQL_IDENT);
    if (!add_named(&reader, first.kind, out))
        add_upper(first.text, out);
}
