#include "trace/pg_failure.h"

#include "sql/lex.h"
#include "sql/message.h"
#include "sql/misquoted.h"
#include "trace/sqlstate.h"
#include "trace/statement_texts.h"

/* ---- text that is no SQL ---- */

static void hide_text(struct live_span *span, const struct statement *s)
{
    if (span->db.statement)
        span->db.statement = "?";
    span->event.name = arena_joined(&span->arena, s->prefix, s->verb ? s->verb : STATEMENT_UNKNOWN);
}

void pg_hide_unread(struct tracer *tracer, struct statement *s)
{
    bool unsent = s->failed && !*s->sqlstate; /* no server has said anything */
    bool refused = unsent || s->skipped || (s->failed && sqlstate_unread(s->sqlstate, s->source));
    bool taken = s->span->event.outcome == OUTCOME_SUCCESS;
    if (tracer->options->sql == SQL_OBFUSCATED && s->named && (refused || (!taken && !s->is_sql)))
        hide_text(s->span, s);
}

/* ---- messages ---- */

/* What may be quoted by a message: names that are shown anyway. */
struct shown {
    const char *statement, *names;
    const char *others[4];
};

static bool is_part_of(struct bytes lines, struct bytes part)
{
    while (lines.len) {
        const char *end = memchr(lines.data, '\n', lines.len);
        struct bytes line = {lines.data, end ? (size_t)(end - lines.data) : lines.len};
        if (bytes_equal(line, part))
            return true;
        lines = bytes_skip(lines, line.len + 1);
    }
    return false;
}

static bool is_name_of(const struct lexeme *lexeme, struct bytes name)
{
    if (lexeme->kind == LEX_WORD)
        return bytes_equal_nocase(lexeme->text, name);
    return lexeme->kind == LEX_QUOTED &&
           bytes_equal((struct bytes){lexeme->text.data + 1, lexeme->text.len - 2}, name);
}

static bool is_in_statement(const char *statement, struct bytes name)
{
    struct bytes rest = bytes_of(statement);
    struct lexeme lexeme;
    while (name.len && lex_next_solid(&rest, &lexeme))
        if (is_name_of(&lexeme, name))
            return true;
    return false;
}

/* `shop.orders` is shown if both parts are. */
static bool are_in_statement(const char *statement, struct bytes name)
{
    const char *dot = name.len ? memchr(name.data, '.', name.len) : NULL;
    if (is_in_statement(statement, name))
        return true;
    return dot &&
           is_in_statement(statement, (struct bytes){name.data, (size_t)(dot - name.data)}) &&
           is_in_statement(statement, bytes_skip(name, (size_t)(dot - name.data) + 1));
}

static bool may_show(void *self, struct bytes quoted)
{
    const struct shown *shown = self;
    for (size_t i = 0; i < sizeof shown->others / sizeof *shown->others; i++)
        if (shown->others[i] && bytes_equal(bytes_of(shown->others[i]), quoted))
            return true;
    return is_part_of(bytes_of(shown->names), quoted) || are_in_statement(shown->statement, quoted);
}

/* Errors about names: the others may quote a value that happens to be one. */
static bool is_about_names(const char *sqlstate)
{
    static const char *const classes[] = {
        "0A", "23", "25", "26", "2B", "34", "3D", "3F", "42", "55"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strncmp(sqlstate, classes[i], 2) == 0)
            return true;
    return false;
}

/* A function wrote it: RAISE, the other languages, extensions that pass on what another server
 * said; or a code that is no condition of PostgreSQL, or one that says nothing. */
static bool is_free_text(const struct pg_said *said)
{
    static const char *const functions[] = {"exec_stmt_", "plperl", "do_util_elog", "PLy", "pltcl",
        "throw_tcl", "plv8", "plr_", "pllua", "plluau", "pgfdw_", "dblink_", "UDF"};
    static const char *const classes[] = {"P0", "38", "39", "HV", "XX"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strncmp(said->sqlstate, classes[i], 2) == 0)
            return true;
    for (size_t i = 0; said->source && i < sizeof functions / sizeof *functions; i++)
        if (strncmp(said->source, functions[i], strlen(functions[i])) == 0)
            return true;
    /* A COPY that the client gave up, with its own words. */
    bool given_up = strcmp(said->sqlstate, "57014") == 0 && said->source && *said->source &&
                    strcmp(said->source, "ProcessInterrupts") != 0;
    return given_up || (*said->sqlstate && !sqlstate_condition(said->sqlstate));
}

static const char *without_data(
    struct arena *arena, const struct pg_said *said, struct shown *shown, bool names)
{
    struct buf text = {0};
    const struct message_rules rules = {.cut = said->cut,
        .hide_numbers = strncmp(said->sqlstate, "22", 2) == 0,
        .hide_names =
            strncmp(said->sqlstate, "42", 2) == 0 || strncmp(said->sqlstate, "0A", 2) == 0,
        .may_show = names ? may_show : NULL,
        .self = shown};
    sql_message(bytes_of(said->message), &rules, &text);
    const char *kept = arena_bytes(arena, (struct bytes){text.data, text.len});
    buf_free(&text);
    return kept;
}

/* ---- statements ---- */

static void hide_misquoted(struct live_span *span, const char *message)
{
    struct buf text = {0};
    sql_hide_misquoted(bytes_of(span->db.statement), bytes_of(message), &text);
    span->db.statement = arena_bytes(&span->arena, (struct bytes){text.data, text.len});
    buf_free(&text);
}

static void fail(struct live_span *span, const struct pg_connection *c, const struct pg_said *said,
    const char *type, const char *message)
{
    const struct call_failure failure = {.type = type,
        .message = message,
        .code = *said->sqlstate ? said->sqlstate : NULL,
        .module = !c || c->key.source == PG_LIBPQ ? "libpq" : "postgresql",
        .detail = said->detail,
        .hint = said->hint};
    span_fail(span, &failure);
}

static const char *condition_of(const struct pg_said *said)
{
    const char *name = sqlstate_condition(said->sqlstate);
    return name ? name : "a condition of the database's own";
}

static const char *message_of(
    const struct options *options, struct live_span *span, const struct pg_said *said)
{
    struct shown shown = {.statement = span->db.statement, .names = said->names};
    if (options->sql == SQL_OFF)
        return NULL;
    if (!said->message || !*said->message)
        return "statement failed";
    if (options->sql_error_detail)
        return said->message;
    if (is_free_text(said))
        return condition_of(said);
    return without_data(&span->arena, said, &shown, is_about_names(said->sqlstate));
}

void pg_fail(struct tracer *tracer, const struct pg_connection *c, struct live_span *span,
    const struct pg_said *said)
{
    bool undefined_column = strcmp(said->sqlstate, "42703") == 0;
    if (tracer->options->sql == SQL_OBFUSCATED && span->db.statement)
        hide_misquoted(span, undefined_column ? said->message : NULL);
    fail(span, c, said, sqlstate_class(said->sqlstate), message_of(tracer->options, span, said));
}

/* ---- connecting ---- */

/* libpq quotes what it could not read of a connection string, and that may be any part of it. */
static bool is_about_conninfo(const char *message)
{
    static const char *const parts[] = {"connection info string", " URI", "connection option",
        "percent-encoded", "port number", "service file", "definition of service",
        "command-line argument", "requires a value"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(message, parts[i]))
            return true;
    return false;
}

static const char *contact_message(const struct options *options, struct live_span *span,
    const struct pg_connection *c, const struct pg_said *said)
{
    struct shown shown = {0};
    if (!said->message || !*said->message)
        return "no connection";
    if (is_about_conninfo(said->message) || (c && c->unreadable))
        return "the connection string could not be read";
    if (options->sql_error_detail)
        return said->message;
    if (is_free_text(said))
        return condition_of(said);
    if (c) {
        shown.others[0] = c->host;
        shown.others[1] = c->db;
        shown.others[2] = c->user;
        if (c->host && c->host[0] == '/')
            shown.others[3] = arena_printf(&span->arena, "%s/.s.PGSQL.%d", c->host, c->port);
    }
    return without_data(&span->arena, said, &shown, true);
}

void pg_fail_contact(struct tracer *tracer, const struct pg_connection *c, struct live_span *span,
    const struct pg_said *said)
{
    fail(span, c, said, "ConnectionFailure", contact_message(tracer->options, span, c, said));
}
