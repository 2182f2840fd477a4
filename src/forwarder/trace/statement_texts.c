#include "trace/statement_texts.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sql/classify.h"
#include "sql/lex.h"
#include "sql/obfuscate.h"
#include "sql/signature.h"

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
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (lex_is_word(&first, words[i]))
            return true;
    return false;
}

static void look_through(struct statement_text *text, struct bytes sql)
{
    struct bytes statement;
    text->statements = 0;
    text->about_prepared = false;
    while (sql_next_statement(&sql, &statement)) {
        if (text->statements++ == 0)
            sql_signature(statement, &text->name);
        text->about_prepared |= is_about_prepared(statement);
    }
    if (text->statements > 1)
        buf_puts(&text->name, "; …");
}

static void make(const struct options *options, struct statement_text *text, struct bytes sql)
{
    buf_clear(&text->sql);
    buf_clear(&text->name);
    buf_clear(&text->shown);
    buf_add(&text->sql, sql.data, sql.len);
    look_through(text, sql);
    buf_puts(&text->name, ""); /* never NULL */
    if (options->sql == SQL_RAW)
        buf_add(&text->shown, sql.data, sql.len);
    else if (options->sql != SQL_OFF)
        sql_obfuscate(sql, options->sql_comments, &text->shown);
}

const struct statement_text *statement_text(struct statement_texts *texts, struct bytes sql)
{
    struct statement_text *text =
        sql.len > KEPT_BYTES_MAX ? &texts->longest : &texts->kept[hash_of(sql) % KEPT];
    if (!text->sql.data || !bytes_equal((struct bytes){text->sql.data, text->sql.len}, sql))
        make(texts->options, text, sql);
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
