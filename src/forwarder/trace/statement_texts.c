#include "trace/statement_texts.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sql/lex.h"
#include "sql/obfuscate.h"
#include "sql/signature.h"
#include "sql/split.h"
#include "sql/verb.h"

enum { KEPT = 256, KEPT_BYTES_MAX = 4096 };

struct statement_texts {
    const struct options *options;
    struct statement_text kept[KEPT]; /* direct-mapped by a hash of the text */
    struct statement_text longest;    /* of those that are too long to be kept */
};

struct statement_texts *statement_texts_new(const struct options *options)
{
    struct statement_texts *texts = xcalloc(1, sizeof *texts);
    texts->options = options;
    return texts;
}

static uint64_t hash_of(struct bytes text)
{
    uint64_t hash = text.len, word;
    for (; text.len >= sizeof word; text = bytes_skip(text, sizeof word)) {
        memcpy(&word, text.data, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
        hash ^= hash >> 32;
    }
    for (; text.len; text = bytes_skip(text, 1))
        hash = (hash ^ (unsigned char)text.data[0]) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 29;
}

static bool is_about_prepared(struct bytes statement)
{
    static const char *const words[] = {"prepare", "execute", "deallocate", "discard"};
    struct lexeme first;
    if (!lex_next_solid(&statement, &first))
        return false;
    return LEX_IS_ONE_OF(&first, words);
}

/* Nothing is taken from where text and data can't be told apart. */
static void look_through(struct statement_text *text, struct bytes sql)
{
    struct bytes certain = {sql.data, lex_certain(sql, text->cut)}, statement;
    bool doubtful = certain.len < sql.len;
    text->statements = 0;
    text->about_prepared = false;
    text->verb = NULL;
    text->is_sql = true;
    while (sql_next_statement(&certain, &statement)) {
        const char *verb = sql_verb(statement);
        if (text->statements++ == 0) {
            text->verb = verb;
            if (verb)
                sql_signature(statement, &text->name);
            else
                buf_puts(&text->name, STATEMENT_UNKNOWN);
        }
        text->is_sql &= verb != NULL;
        text->about_prepared |= is_about_prepared(statement);
    }
    if (!text->statements && doubtful) {
        text->statements = 1;
        text->is_sql = false;
        buf_puts(&text->name, STATEMENT_UNKNOWN);
    }
    if (text->statements > 1)
        buf_puts(&text->name, "; …");
}

static void make(
    const struct options *options, struct statement_text *text, struct bytes sql, bool cut)
{
    buf_clear(&text->sql);
    buf_clear(&text->name);
    buf_clear(&text->shown);
    buf_add(&text->sql, sql.data, sql.len);
    text->cut = cut;
    look_through(text, sql);
    buf_puts(&text->name, ""); /* never NULL */
    if (options->sql == SQL_RAW)
        buf_add(&text->shown, sql.data, sql.len);
    else if (options->sql != SQL_OFF)
        sql_obfuscate(sql, options->sql_comments, cut, &text->shown);
}

const struct statement_text *statement_text(
    struct statement_texts *texts, struct bytes sql, bool cut)
{
    struct statement_text *text =
        sql.len > KEPT_BYTES_MAX ? &texts->longest : &texts->kept[hash_of(sql) % KEPT];
    if (!text->sql.data || text->cut != cut ||
        !bytes_equal((struct bytes){text->sql.data, text->sql.len}, sql))
        make(texts->options, text, sql, cut);
    return text;
}

static void free_text(struct statement_text *text)
{
    buf_free(&text->sql);
    buf_free(&text->name);
    buf_free(&text->shown);
}

void statement_texts_free(struct statement_texts *texts)
{
    for (size_t i = 0; i < KEPT; i++)
        free_text(&texts->kept[i]);
    free_text(&texts->longest);
    free(texts);
}
