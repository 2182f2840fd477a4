/* Statements as spans, with the errors they end in. */
#include "trace/postgres.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sql/encoding.h"
#include "sql/verb.h"
#include "trace/pg_failure.h"
#include "trace/pg_parameters.h"
#include "trace/statement_texts.h"

/* libpq takes a few KB for any result. */
enum { RESULT_MEMORY_SHOWN = 16 * 1024 };

/* ExecStatusType */
enum { EXEC_BAD_RESPONSE = 5, EXEC_FATAL = 7, EXEC_PIPELINE_ABORTED = 11 };

/* ---- the end ---- */

static void label_result(struct statement *s)
{
    s->span->db.rows_affected = s->rows;
    if (*s->sqlstate)
        span_label(s->span, "sqlstate", s->sqlstate);
    if (s->bytes)
        span_label_number(s->span, "bytes", (double)s->bytes);
    if (s->memory >= RESULT_MEMORY_SHOWN)
        span_label_number(s->span, "result_memory", (double)s->memory);
}

static void free_statement(struct statement *s)
{
    pg_effects_free(s->effects);
    free(s->error);
    free(s->detail);
    free(s->hint);
    free(s->source);
    free(s->names);
    free(s);
}

static void fail(struct tracer *tracer, const struct pg_connection *c, const struct statement *s)
{
    const struct pg_said said = {.sqlstate = s->sqlstate,
        .message = s->error,
        .detail = s->detail,
        .hint = s->hint,
        .source = s->source,
        .names = s->names,
        .cut = s->error_cut};
    pg_fail(tracer, c, s->span, &said);
}

static void end_statement(
    struct tracer *tracer, struct pg_connection *c, struct statement *s, uint64_t time)
{
    struct statement **link = &c->statements;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    if (!s->next)
        c->last = link;
    label_result(s);
    pg_hide_unread(tracer, s);
    if (s->failed)
        fail(tracer, c, s);
    else if (s->span->event.outcome == OUTCOME_SUCCESS)
        pg_apply(c, s->effects);
    span_end(tracer, s->span, time);
    free_statement(s);
}

/* Where no end was seen, the last result was it. */
static void end_unseen(
    struct tracer *tracer, struct pg_connection *c, struct statement *s, uint64_t time)
{
    end_statement(tracer, c, s, s->complete ? s->complete : time);
}

void pg_end_statements(struct tracer *tracer, struct pg_connection *c, uint64_t time)
{
    while (c->statements)
        end_unseen(tracer, c, c->statements, time);
}

/* ---- the beginning ---- */

void pg_describe_any(struct live_span *span)
{
    struct span *e = &span->event;
    e->type = "db";
    e->subtype = e->target_type = "postgresql";
    e->db = &span->db;
    span->db.type = "sql";
    e->resource = "postgresql";
}

void pg_describe(struct live_span *span, const struct pg_connection *c)
{
    struct span *e = &span->event;
    pg_describe_any(span);
    span->db.instance = e->target_name = arena_string(&span->arena, c->db);
    span->db.user = arena_string(&span->arena, c->user);
    e->destination_address = arena_string(&span->arena, c->host);
    e->destination_port = c->port;
    if (c->db)
        e->resource = arena_joined(&span->arena, "postgresql/", c->db);
}

/* A connection made for this transaction was waited for by its first statement. */
static void label_waited(struct pg_connection *c, struct live_span *span)
{
    const struct live_transaction *t = span->transaction;
    if (c->connect_ns && t && t->event.id == c->connected_for)
        span_label_number(span, "connect_ms", (double)c->connect_ns / 1e6);
    c->connect_ns = 0;
}

/* The text as it is shown; one that the recorder cut says so. */
static const char *text_to_show(
    struct tracer *tracer, struct arena *arena, struct bytes sql, bool cut)
{
    if (!sql.data || tracer->options->sql == SQL_OFF)
        return NULL;
    const struct statement_text *text = statement_text(tracer->texts, sql, cut);
    return cut ? arena_joined(arena, text->shown.data, "…")
               : arena_bytes(arena, (struct bytes){text->shown.data, text->shown.len});
}

static void name_by_text(
    struct tracer *tracer, struct statement *s, const struct pg_meaning *meaning)
{
    struct span *event = &s->span->event;
    s->prefix = event->name = meaning->verb;
    if (!meaning->named_by.data)
        return;
    const struct statement_text *text =
        statement_text(tracer->texts, meaning->named_by, meaning->cut);
    event->name = arena_joined(&s->span->arena, meaning->verb, text->name.data);
    s->named = true;
    s->is_sql = text->is_sql;
    s->verb = text->verb;
}

static void name_span(
    struct tracer *tracer, struct pg_connection *c, struct statement *s, const struct pg_sent *sent)
{
    struct live_span *span = s->span;
    char *sql = sql_to_utf8(sent->sql, c->encoding), *name = sql_to_utf8(sent->name, c->encoding);
    bool cut = sent->sql_total > sent->sql.len;
    const struct pg_asked asked = {
        .kind = sent->kind, .sql = sql, .name = name, .function = sent->function, .cut = cut};
    struct pg_meaning m = pg_meaning_of(tracer, c, &asked);
    name_by_text(tracer, s, &m);
    span->event.action = m.action;
    span->db.statement = text_to_show(tracer, &span->arena, m.shown, m.cut);
    s->effects = m.effects;
    span->chore = pg_is_chore(c, sent->kind, &m);
    if (cut)
        span_label_number(span, "statement_bytes", (double)sent->sql_total);
    if (m.statements > 1)
        span_label_number(span, "statements", m.statements);
    if (sent->params.len && m.shown.data && tracer->options->sql_parameters) {
        const struct pg_bound bound = {m.shown, m.cut, sent->params, c->encoding};
        pg_label_parameters(tracer, span, &bound);
    }
    free(m.owned);
    free(sql);
    free(name);
}

/* What was under way has ended if a call that waits could be made. One that does not wait may yet
 * be refused because something is under way. */
static void make_room(struct tracer *tracer, struct pg_connection *c, const struct pg_sent *sent)
{
    if (sent->pipelined)
        return;
    if (!sent->async)
        pg_end_statements(tracer, c, sent->time);
    for (struct statement *s = c->statements; s; s = s->next)
        s->superseded = true;
}

void pg_sent(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    const struct pg_sent *sent)
{
    make_room(tracer, c, sent);
    struct live_span *span =
        span_begin(tracer, writer, sent->async ? pg_channel(c) : 0, sent->time);
    struct statement *s = xcalloc(1, sizeof *s);
    const struct own_span *around = thread_of(tracer, writer)->spans;
    s->span = span;
    s->async = sent->async;
    s->pipelined = sent->pipelined;
    s->rows = -1;
    span->event.parent_id = around ? around->span->event.id : 0;
    span->stack_id = sent->stack_id;
    span->event.sync = !sent->async;
    pg_describe(span, c);
    name_span(tracer, c, s, sent);
    label_waited(c, span);
    *c->last = s; /* after it was named: it must not find itself */
    c->last = &s->next;
}

/* ---- results ---- */

static struct statement *newest(struct pg_connection *c)
{
    struct statement *s = c->statements;
    while (s && s->next)
        s = s->next;
    return s;
}

static struct statement *meant(
    struct tracer *tracer, struct pg_connection *c, const struct pg_got *got)
{
    if (got->of_last) {
        for (struct statement *s = c->statements; s && s->next; s = s->next)
            s->superseded = false; /* the new one was refused */
        return newest(c);
    }
    while (c->statements && c->statements->superseded)
        end_unseen(tracer, c, c->statements, got->time);
    return c->statements;
}

static char *message(struct bytes text, int encoding)
{
    while (text.len && text.data[text.len - 1] == '\n')
        text.len--;
    return sql_to_utf8(text, encoding);
}

static void note_failure(struct statement *s, const struct pg_got *got, int encoding)
{
    s->failed = true;
    memcpy(s->sqlstate, got->sqlstate, sizeof s->sqlstate);
    free(s->error);
    free(s->detail);
    free(s->hint);
    free(s->source);
    free(s->names);
    s->error_cut = got->error_cut;
    s->source = message(got->source, -1);
    s->names = message(got->names, encoding);
    s->error = message(got->error, encoding);
    s->detail = message(got->detail, encoding);
    s->hint = message(got->hint, encoding);
}

/* Where statements are not to be seen, the server's word for what it did is their name. */
static void name_by_tag(struct live_span *span, struct bytes tag)
{
    size_t len = 0;
    while (len < tag.len && (isupper((unsigned char)tag.data[len]) || tag.data[len] == ' '))
        len++;
    while (len && tag.data[len - 1] == ' ')
        len--;
    const struct bytes words = {tag.data, len};
    if (sql_verb(words))
        span->event.name = arena_bytes(&span->arena, words);
}

static void note_result(struct statement *s, const struct pg_got *got, int encoding)
{
    bool failed =
        got->status == EXEC_FATAL || got->status == EXEC_BAD_RESPONSE || got->error.len > 0;
    s->answered = true;
    s->complete = got->complete;
    if (got->rows >= 0)
        s->rows = (s->rows > 0 ? s->rows : 0) + got->rows;
    if (failed)
        note_failure(s, got, encoding);
    if (got->status == EXEC_PIPELINE_ABORTED) {
        s->skipped = true;
        s->span->event.outcome = OUTCOME_FAILURE; /* never run; the error is another statement's */
        span_label(s->span, "pipeline", "aborted");
    } else {
        s->span->event.outcome = s->failed ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    }
}

void pg_got(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    const struct pg_got *got)
{
    struct statement *s = meant(tracer, c, got);
    if (!s)
        return;
    if (s->async)
        work_resumed(tracer, thread_of(tracer, writer), s->span);
    s->bytes += got->bytes;
    s->memory += got->memory;
    if (got->status >= 0 || got->error.len)
        note_result(s, got, c->encoding);
    if (tracer->options->sql == SQL_OFF)
        name_by_tag(s->span, got->tag);
    /* In a pipeline, an end without a result is not of this statement. */
    if (got->done && (got->of_last || got->certain || s->answered || !s->pipelined))
        end_statement(tracer, c, s, got->complete > s->span->start ? got->complete : got->time);
}
