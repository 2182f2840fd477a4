/* What a statement is: named by its own text, or by the text that was prepared under its name. */
#include "trace/postgres.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "sql/classify.h"
#include "sql/lex.h"
#include "sql/split.h"
#include "trace/statement_texts.h"

void pg_effects_free(struct pg_effect *effects)
{
    while (effects) {
        struct pg_effect *next = effects->next;
        free(effects->name);
        free(effects->sql);
        free(effects);
        effects = next;
    }
}

/* Takes name and sql. */
static void add_effect(struct pg_meaning *m, char *name, char *sql)
{
    struct pg_effect *effect = xcalloc(1, sizeof *effect), **last = &m->effects;
    effect->name = name;
    effect->sql = sql;
    while (*last)
        last = &(*last)->next;
    *last = effect;
}

static char *copy_of(struct bytes text)
{
    return xmemdup0(text.data, text.len);
}

static char *folded(struct bytes name)
{
    struct buf out = {0};
    sql_fold_name(name, &out);
    return buf_take(&out);
}

static bool is_discard_all(struct bytes sql)
{
    struct lexeme word;
    return lex_next_solid(&sql, &word) && lex_is_word(&word, "discard") &&
           lex_next_solid(&sql, &word) && lex_is_word(&word, "all");
}

/* The comments that stand before a statement: they may say whose it is. */
static struct bytes comments_before(struct bytes sql)
{
    struct bytes rest = sql, before = {sql.data, 0};
    struct lexeme lexeme;
    while (lex_next(&rest, &lexeme) && (lexeme.kind == LEX_COMMENT || lexeme.kind == LEX_SPACE))
        before.len = (size_t)(rest.data - sql.data);
    return before;
}

static void set_text(struct pg_meaning *m, const char *verb, const char *action, const char *sql)
{
    m->verb = verb;
    m->action = action;
    m->named_by = m->shown = bytes_of(sql);
}

/* EXECUTE shows what it executes, behind its own comments. */
static void execute(
    const struct pg_connection *c, struct pg_meaning *m, struct bytes sql, char *name)
{
    const char *body = pg_prepared(c, name);
    free(name);
    m->action = "exec";
    if (!body)
        return;
    struct bytes before = comments_before(sql);
    struct buf text = {0};
    buf_add(&text, before.data, before.len);
    buf_puts(&text, body);
    m->named_by = bytes_of(body);
    m->shown.len = text.len;
    m->owned = buf_take(&text);
    m->shown.data = m->owned;
}

/* One of the statements in a text. */
static void take_statement(
    const struct pg_connection *c, struct pg_meaning *m, struct bytes sql, bool alone)
{
    struct bytes name, body;
    if (sql_parse_prepare(sql, &name, &body)) {
        add_effect(m, folded(name), copy_of(body));
        if (alone) {
            m->action = "prepare";
            m->verb = "PREPARE ";
            m->named_by = body;
        }
    } else if (sql_parse_deallocate(sql, &name)) {
        add_effect(m, name.len ? folded(name) : NULL, NULL);
    } else if (is_discard_all(sql)) {
        add_effect(m, NULL, NULL);
    } else if (alone && sql_parse_execute(sql, &name)) {
        execute(c, m, sql, folded(name));
    }
}

static void take_text(struct tracer *tracer, const struct pg_connection *c, struct pg_meaning *m,
    const struct pg_asked *asked)
{
    struct bytes rest = bytes_of(asked->sql), statement;
    const struct statement_text *text = statement_text(tracer->texts, rest, asked->cut);
    set_text(m, "", "query", asked->sql);
    m->statements = text->statements;
    if (!m->statements) {
        m->verb = asked->cut ? STATEMENT_UNKNOWN : "empty query"; /* cut: nothing was to be kept */
        m->named_by.data = NULL;
    }
    if (text->about_prepared)
        while (sql_next_statement(&rest, &statement))
            take_statement(c, m, statement, m->statements == 1);
}

/* By name alone: what was prepared, or that it is not known. */
static void take_name(const struct pg_connection *c, struct pg_meaning *m, const char *name,
    const char *verb, const char *action)
{
    const char *sql = name ? pg_prepared(c, name) : NULL;
    if (sql && *sql)
        set_text(m, verb, action, sql);
    m->action = action;
}

/* Functions of large objects have no other name in the protocol than these numbers (pg_proc.dat).
 */
static const char *name_of_function(uint32_t oid)
{
    static const struct {
        uint32_t oid;
        const char *name;
    } known[] = {{952, "CALL lo_open"}, {953, "CALL lo_close"}, {954, "CALL loread"},
        {955, "CALL lowrite"}, {956, "CALL lo_lseek"}, {957, "CALL lo_creat"},
        {958, "CALL lo_tell"}, {964, "CALL lo_unlink"}, {715, "CALL lo_create"},
        {1004, "CALL lo_truncate"}, {3170, "CALL lo_lseek64"}, {3171, "CALL lo_tell64"},
        {3172, "CALL lo_truncate64"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].oid == oid)
            return known[i].name;
    return "CALL";
}

struct pg_meaning pg_meaning_of(
    struct tracer *tracer, const struct pg_connection *c, const struct pg_asked *asked)
{
    struct pg_meaning m = {0};
    const char *name = asked->name;
    switch (asked->kind) {
    case PG_PREPARE:
        m.verb = "PREPARE";
        m.action = "prepare";
        if (*asked->sql)
            set_text(&m, "PREPARE ", "prepare", asked->sql);
        m.cut = asked->cut;
        add_effect(&m, xstrdup(name), xstrdup(asked->sql));
        break;
    case PG_EXECUTE:
        m.verb = "EXECUTE";
        take_name(c, &m, name, "", "exec");
        break;
    case PG_DESCRIBE:
    case PG_DESCRIBE_PORTAL:
        m.verb = "DESCRIBE";
        take_name(c, &m, asked->kind == PG_DESCRIBE ? name : NULL, "DESCRIBE ", "describe");
        break;
    case PG_CLOSE:
    case PG_CLOSE_PORTAL:
        m.verb = "CLOSE";
        take_name(c, &m, asked->kind == PG_CLOSE ? name : NULL, "CLOSE ", "close");
        if (asked->kind == PG_CLOSE)
            add_effect(&m, xstrdup(name), NULL);
        break;
    case PG_FUNCTION:
        m.action = "call";
        m.verb = name_of_function(asked->function);
        break;
    default:
        m.cut = asked->cut;
        take_text(tracer, c, &m, asked);
    }
    return m;
}
