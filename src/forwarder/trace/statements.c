/* Statements of libpq as spans, with the errors they end in. */
#include "trace/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "trace/sqlstate.h"
#include "trace/statement_texts.h"

enum { PREPARED_MAX = 4096, EXEC_FATAL = 7, EXEC_BAD_RESPONSE = 5 };

/* ---- connections ---- */

static struct pg_connection *find_connection(struct tracer *tracer, uint32_t pid, uint64_t conn)
{
    struct pg_key key = {conn, pid, 0};
    struct pg_connection *c;
    HASH_FIND(hh, tracer->pg_connections, &key, sizeof key, c);
    return c;
}

static struct pg_connection *connection_of(struct tracer *tracer, uint32_t pid, uint64_t conn)
{
    struct pg_connection *c = find_connection(tracer, pid, conn);
    if (c)
        return c;
    c = xcalloc(1, sizeof *c);
    c->key = (struct pg_key){conn, pid, 0};
    c->last = &c->statements;
    HASH_ADD(hh, tracer->pg_connections, key, sizeof c->key, c);
    struct process *process = process_of(tracer, pid);
    struct pg_connection *parents = find_connection(tracer, process->parent, conn);
    if (parents) { /* inherited by fork */
        c->host = parents->host ? xstrdup(parents->host) : NULL;
        c->db = parents->db ? xstrdup(parents->db) : NULL;
        c->user = parents->user ? xstrdup(parents->user) : NULL;
        c->port = parents->port;
    }
    return c;
}

static void forget_prepared(struct pg_connection *c)
{
    struct prepared *p;
    while ((p = c->prepared)) {
        HASH_DEL(c->prepared, p);
        free(p->name);
        free(p->sql);
        free(p);
    }
}

static void remember_prepared(struct pg_connection *c, const char *name, const char *sql)
{
    struct prepared *p;
    HASH_FIND_STR(c->prepared, name, p);
    if (!p) {
        if (HASH_COUNT(c->prepared) >= PREPARED_MAX)
            return;
        p = xcalloc(1, sizeof *p);
        p->name = xstrdup(name);
        HASH_ADD_KEYPTR(hh, c->prepared, p->name, strlen(p->name), p);
    }
    free(p->sql);
    p->sql = xstrdup(sql);
}

static char *next_text(const char **at, size_t len)
{
    char *text = xmemdup0(*at, len);
    *at += len;
    return text;
}

static void connected(struct tracer *tracer, uint32_t pid, const struct rec_pg_connect *r)
{
    struct pg_connection *c = connection_of(tracer, pid, r->conn);
    const char *at = (const char *)(r + 1);
    free(c->host);
    free(c->db);
    free(c->user);
    forget_prepared(c);
    c->host = next_text(&at, r->host_len);
    char *port = next_text(&at, r->port_len);
    c->port = (int)strtol(port, NULL, 10);
    free(port);
    c->db = next_text(&at, r->db_len);
    c->user = next_text(&at, r->user_len);
}

/* ---- statements ---- */

static void end_statement(struct tracer *tracer, struct pg_connection *c, uint64_t time)
{
    struct statement *s = c->statements;
    c->statements = s->next;
    if (!c->statements)
        c->last = &c->statements;
    struct live_span *span = s->span;
    span->db.rows_affected = s->rows;
    if (*s->sqlstate)
        span_label(span, "sqlstate", s->sqlstate);
    if (s->failed)
        span_fail(span, &(struct call_failure){
                            .type = sqlstate_class(s->sqlstate),
                            .message = s->error && *s->error ? s->error : "statement failed",
                            .code = *s->sqlstate ? s->sqlstate : NULL,
                            .module = "libpq",
                        });
    span_end(tracer, span, time);
    free(s->error);
    free(s);
}

/* The statement that a call means: its own text, or the one prepared under its name. */
static const char *meant_sql(
    struct pg_connection *c, const struct rec_pg_send *r, char *sql, const char *name)
{
    struct prepared *p = NULL;
    if (r->kind == PG_PREPARE)
        remember_prepared(c, name, sql);
    if (r->sql_total || r->kind != PG_EXECUTE)
        return sql;
    HASH_FIND_STR(c->prepared, name, p);
    return p ? p->sql : NULL;
}

static void describe(struct live_span *span, const struct pg_connection *c)
{
    struct span *e = &span->event;
    e->type = "db";
    e->subtype = e->target_type = "postgresql";
    e->db = &span->db;
    span->db.type = "sql";
    span->db.instance = e->target_name = arena_string(&span->arena, c->db);
    span->db.user = arena_string(&span->arena, c->user);
    e->destination_address = arena_string(&span->arena, c->host);
    e->destination_port = c->port;
    e->resource = c->db ? arena_joined(&span->arena, "postgresql/", c->db) : "postgresql";
}

static const char *const actions[] = {[PG_QUERY] = "query",
    [PG_QUERY_PARAMS] = "query",
    [PG_PREPARE] = "prepare",
    [PG_EXECUTE] = "exec"};

/* The text as it is shown; one that the recorder cut says so. */
static const char *text_to_show(struct arena *arena, const struct statement_text *text, bool cut)
{
    return cut ? arena_joined(arena, text->shown.data, "…")
               : arena_bytes(arena, (struct bytes){text->shown.data, text->shown.len});
}

static void name_span(
    struct tracer *tracer, struct live_span *span, const char *sql, uint64_t total)
{
    if (!sql) {
        span->event.name = "EXECUTE";
        return;
    }
    struct bytes whole = bytes_of(sql);
    const struct statement_text *text = statement_text(tracer->texts, whole);
    struct bytes name = {text->name.data, text->name.len};
    if (span->event.action == actions[PG_PREPARE])
        span->event.name = arena_joined(&span->arena, "PREPARE ", name.data);
    else
        span->event.name = arena_bytes(&span->arena, name);
    if (tracer->options->sql != SQL_OFF)
        span->db.statement = text_to_show(&span->arena, text, total > whole.len);
}

static void sent(struct tracer *tracer, const struct writer *writer, const struct rec_pg_send *r)
{
    struct pg_connection *c = connection_of(tracer, writer->pid, r->conn);
    const char *at = (const char *)(r + 1);
    char *sql = next_text(&at, r->sql_len), *name = next_text(&at, r->name_len);
    struct live_span *span =
        span_begin(tracer, writer, r->conn ^ (uint64_t)writer->pid << 48, r->head.time);
    struct statement *s = xcalloc(1, sizeof *s);
    s->span = span;
    s->rows = -1;
    *c->last = s;
    c->last = &s->next;
    const struct own_span *around = thread_of(tracer, writer)->spans;
    span->event.parent_id = around ? around->span->event.id : 0;
    span->stack_id = r->stack_id;
    span->event.sync = !(r->head.flags & PG_ASYNC);
    span->event.action = r->kind <= PG_EXECUTE ? actions[r->kind] : "query";
    describe(span, c);
    name_span(tracer, span, meant_sql(c, r, sql, name), r->sql_total);
    free(sql);
    free(name);
}

static void result(
    struct tracer *tracer, const struct writer *writer, const struct rec_pg_result *r)
{
    struct pg_connection *c = find_connection(tracer, writer->pid, r->conn);
    struct statement *s = c ? c->statements : NULL;
    if (!s)
        return;
    const char *at = (const char *)(r + 1);
    char *tag = next_text(&at, r->tag_len);
    if (s->span->event.sync == 0)
        work_resumed(tracer, thread_of(tracer, writer), s->span);
    if (*tag)
        s->rows = strtoll(tag, NULL, 10);
    else if (r->rows >= 0)
        s->rows = r->rows;
    free(tag);
    bool failed = r->status == EXEC_FATAL || r->status == EXEC_BAD_RESPONSE || r->error_len;
    if (r->status >= 0 || r->error_len)
        s->span->event.outcome = failed || s->failed ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    if (failed) {
        s->failed = true;
        memcpy(s->sqlstate, r->sqlstate, 5);
        free(s->error);
        s->error = next_text(&at, r->error_len);
    }
    if (r->head.type == REC_PG_DONE)
        end_statement(tracer, c, r->head.time);
}

static void finish_connection(struct tracer *tracer, struct pg_connection *c, uint64_t time)
{
    while (c->statements)
        end_statement(tracer, c, time);
    HASH_DEL(tracer->pg_connections, c);
    forget_prepared(c);
    free(c->host);
    free(c->db);
    free(c->user);
    free(c);
}

void pg_record(struct tracer *tracer, const struct writer *writer, const struct record *record)
{
    const void *r = record;
    if (record->type == REC_PG_CONNECT)
        connected(tracer, writer->pid, r);
    else if (record->type == REC_PG_SEND)
        sent(tracer, writer, r);
    else if (record->type == REC_PG_FINISH) {
        struct pg_connection *c =
            find_connection(tracer, writer->pid, ((const struct rec_pg_finish *)r)->conn);
        if (c)
            finish_connection(tracer, c, record->time);
    } else
        result(tracer, writer, r);
}

void pg_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time)
{
    struct pg_connection *c, *next;
    HASH_ITER(hh, tracer->pg_connections, c, next)
    if (c->key.pid == pid)
        finish_connection(tracer, c, time);
}
