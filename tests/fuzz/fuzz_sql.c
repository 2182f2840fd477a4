/* Any bytes as a statement: no function of the folder sql may fail, or write more than it says. */
#include "sql/classify.h"
#include "sql/comment.h"
#include "sql/fingerprint.h"
#include "sql/lex.h"
#include "sql/message.h"
#include "sql/misquoted.h"
#include "sql/obfuscate.h"
#include "sql/parameters.h"
#include "sql/signature.h"
#include "sql/split.h"
#include "sql/token.h"
#include "sql/verb.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* What is copied to the output may hold no quote, but for identifiers and kept comments. */
static void fuzz_lexer(struct bytes sql)
{
    struct lexeme lexeme;
    size_t sum = 0;
    while (lex_next(&sql, &lexeme)) {
        sum += lexeme.text.len;
        require(lexeme.text.len > 0);
        bool shown = lexeme.kind != LEX_LITERAL && lexeme.kind != LEX_QUOTED;
        if (shown && lexeme.kind != LEX_COMMENT)
            require(!memchr(lexeme.text.data, '\'', lexeme.text.len));
    }
    require(sql.len == 0 && sum > 0);
}

static void fuzz_obfuscate(struct bytes sql, bool keep_comments)
{
    struct buf out = {0}, again = {0};
    sql_obfuscate(sql, keep_comments, false, &out);
    require(out.len <= 2 * sql.len + 64);
    struct bytes shown = {out.data, out.len};
    sql_fingerprint(shown);
    sql_obfuscate(shown, keep_comments, false, &again);
    require(again.len <= 2 * out.len + 64);
    buf_free(&out);
    buf_free(&again);
    size_t certain = lex_certain(sql, false);
    require(certain <= sql.len && lex_certain(sql, true) >= certain);
}

static bool shows_words(void *self, struct bytes quoted)
{
    return quoted.len > *(const size_t *)self;
}

/* A message shows nothing between the first quote that is hidden and the last one. */
static void fuzz_message(struct bytes sql)
{
    struct buf out = {0};
    size_t least = sql.len / 4;
    const struct message_rules plain = {.hide_numbers = true},
                               some = {.may_show = shows_words, .self = &least, .cut = true};
    sql_message(sql, &plain, &out);
    require(out.len <= sql.len && !memchr(out.data, '"', out.len));
    sql_message(sql, &some, &out);
    require(out.len <= 2 * sql.len);
    buf_clear(&out);
    sql_hide_misquoted(sql, sql, &out);
    require(out.len <= sql.len);
    buf_free(&out);
}

static void fuzz_columns(struct bytes sql)
{
    struct bytes columns[8];
    bool plain[8];
    sql_parameter_columns(sql, columns, plain, 8);
    for (size_t i = 0; i < 8; i++)
        require(columns[i].len <= sql.len);
    sql_verb(sql);
    if (sql.len >= 2 && (memcmp(sql.data, "--", 2) == 0 || memcmp(sql.data, "/*", 2) == 0))
        sql_comment_is_pairs(sql);
}

static void fuzz_names(struct bytes sql)
{
    struct bytes name, body;
    struct buf out = {0};
    sql_signature(sql, &out);
    require(out.len <= sql.len + 16);
    if (sql_parse_prepare(sql, &name, &body))
        require(name.len > 0 && body.len < sql.len);
    if (sql_parse_execute(sql, &name) || sql_parse_deallocate(sql, &name))
        sql_fold_name(name, &out);
    while (sql_next_statement(&sql, &name))
        require(name.len > 0);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes sql = {(const char *)data, size};
    struct sql_scanner scanner = {.rest = sql};
    struct sql_token token;
    while (sql_token_next(&scanner, &token))
        require(sql_token_name(token.kind) != NULL);
    if (size)
        fuzz_lexer(sql);
    fuzz_obfuscate(sql, false);
    fuzz_obfuscate(sql, true);
    fuzz_names(sql);
    fuzz_message(sql);
    fuzz_columns(sql);
    return 0;
}
