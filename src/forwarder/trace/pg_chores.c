/* Statements that drivers make by themselves and that say nothing about the service. */
#include "trace/postgres.h"

#include "sql/classify.h"
#include "sql/lex.h"
#include "sql/split.h"
#include "sql/verb.h"

/* SELECT set_config(...), with or without its schema. */
static bool sets_config(struct bytes sql)
{
    enum { WORDS_LOOKED_AT = 4 };
    struct lexeme word;
    for (int i = 0; i < WORDS_LOOKED_AT && lex_next_solid(&sql, &word); i++)
        if (lex_is_word(&word, "set_config"))
            return true;
    return false;
}

static bool is_verb(const char *verb, const char *wanted)
{
    return verb && strcmp(verb, wanted) == 0;
}

/* Whether the text is made of settings, and questions about them, alone. */
static bool is_about_settings(struct bytes sql, bool *ret_sets)
{
    struct bytes statement;
    bool any = false;
    while (sql_next_statement(&sql, &statement)) {
        const char *verb = sql_verb(statement);
        bool sets = is_verb(verb, "SET") || (is_verb(verb, "SELECT") && sets_config(statement));
        if (!sets && !is_verb(verb, "SHOW"))
            return false;
        *ret_sets |= sets;
        any = true;
    }
    return any;
}

bool pg_is_chore(struct pg_connection *c, uint32_t kind, const struct pg_meaning *m)
{
    bool has_text = (kind == PG_QUERY || kind == PG_QUERY_PARAMS) && !m->cut && m->shown.data;
    bool sets = false;
    if (kind == PG_CLOSE || kind == PG_CLOSE_PORTAL || (has_text && !m->statements))
        return true;
    if (has_text && m->statements == 1 && is_verb(sql_verb(m->shown), "DEALLOCATE"))
        return true;
    c->starting = c->starting && !m->cut && is_about_settings(m->shown, &sets);
    return c->starting && sets;
}
