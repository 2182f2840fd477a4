/* The connections that are known, and what is prepared on them. */
#include "trace/pg_failure.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { PREPARED_MAX = 4096 };

struct pg_connection *pg_find(struct tracer *tracer, struct pg_key key)
{
    struct pg_connection *c;
    HASH_FIND(hh, tracer->pg_connections, &key, sizeof key, c);
    return c;
}

static char *copy_of(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

struct pg_connection *pg_connection_of(struct tracer *tracer, struct pg_key key)
{
    struct pg_connection *c = pg_find(tracer, key);
    if (c)
        return c;
    c = xcalloc(1, sizeof *c);
    c->key = key;
    c->last = &c->statements;
    c->encoding = -1;
    HASH_ADD(hh, tracer->pg_connections, key, sizeof c->key, c);
    key.pid = process_of(tracer, key.pid)->parent;
    struct pg_connection *parents = pg_find(tracer, key);
    if (parents) { /* inherited by fork */
        c->host = copy_of(parents->host);
        c->db = copy_of(parents->db);
        c->user = copy_of(parents->user);
        c->port = parents->port;
        c->encoding = parents->encoding;
    }
    return c;
}

/* A name or address of a host, or the folder of a socket. */
static bool is_host(const char *host)
{
    bool folder = host[0] == '/' && host[1] != '/';
    return !host[strcspn(host, folder ? "@:;=&|,?#\"'" : "@/?#%;=&|, \t\"'")];
}

static bool is_database(const char *db)
{
    return !db[strcspn(db, "@/:;=&|,?# \t\"'")];
}

static bool are_ports(const char *port)
{
    return !port[strspn(port, "0123456789,")];
}

void pg_set_target(struct pg_connection *c, const struct pg_target *target)
{
    const char *host = target->host ? target->host : "", *db = target->db ? target->db : "",
               *port = target->port ? target->port : "", *user = target->user ? target->user : "";
    c->unreadable = !is_host(host) || !is_database(db) || !are_ports(port) ||
                    user[strcspn(user, ":/;=&|,?# \t\"'")];
    char address[ADDRESS_TEXT_MAX];
    free(c->host);
    free(c->db);
    free(c->user);
    if (address_show_text(bytes_of(host), address))
        host = address;
    c->host = c->unreadable || !target->host ? NULL : xstrdup(host);
    c->db = c->unreadable ? NULL : copy_of(target->db);
    c->user = c->unreadable ? NULL : copy_of(target->user);
    c->port = c->unreadable ? 0 : (int)strtol(port, NULL, 10);
}

void pg_finish(struct tracer *tracer, struct pg_connection *c, uint64_t time)
{
    pg_end_statements(tracer, c, time);
    channel_forget(tracer, pg_channel(c));
    HASH_DEL(tracer->pg_connections, c);
    pg_forget_prepared(c);
    free(c->host);
    free(c->db);
    free(c->user);
    free(c);
}

void pg_of_ended_process(struct tracer *tracer, uint32_t pid, uint64_t time)
{
    struct pg_connection *c, *next;
    HASH_ITER(hh, tracer->pg_connections, c, next)
    if (c->key.pid == pid)
        pg_finish(tracer, c, time);
}

/* ---- prepared statements ---- */

static void forget(struct pg_connection *c, struct prepared *p)
{
    HASH_DEL(c->prepared, p);
    free(p->name);
    free(p->sql);
    free(p);
}

void pg_forget_prepared(struct pg_connection *c)
{
    struct prepared *p, *next;
    HASH_ITER(hh, c->prepared, p, next)
    forget(c, p);
}

static void remember(struct pg_connection *c, const char *name, const char *sql)
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

void pg_apply(struct pg_connection *c, const struct pg_effect *effects)
{
    struct prepared *p;
    for (const struct pg_effect *e = effects; e; e = e->next) {
        if (!e->name) {
            pg_forget_prepared(c);
        } else if (e->sql) {
            remember(c, e->name, e->sql);
        } else {
            HASH_FIND_STR(c->prepared, e->name, p);
            if (p)
                forget(c, p);
        }
    }
}

const char *pg_prepared(const struct pg_connection *c, const char *name)
{
    struct prepared *p;
    const char *pending = NULL;
    for (const struct statement *s = c->statements; s; s = s->next)
        for (const struct pg_effect *e = s->effects; e; e = e->next)
            if (e->name && e->sql && strcmp(e->name, name) == 0)
                pending = e->sql;
    if (pending)
        return pending;
    HASH_FIND_STR(c->prepared, name, p);
    return p ? p->sql : NULL;
}

/* ---- connecting, and what else is no statement ---- */

struct live_span *pg_contact_begin(struct tracer *tracer, const struct writer *writer,
    const struct pg_connection *c, enum pg_contact kind, uint64_t time)
{
    static const char *const names[] = {"CONNECT", "RECONNECT", "PING", "CANCEL"};
    static const char *const actions[] = {"connect", "connect", "ping", "cancel"};
    struct live_span *span = span_begin(tracer, writer, CHANNEL_SETUP, time);
    const struct own_span *around = thread_of(tracer, writer)->spans;
    span->event.parent_id = around ? around->span->event.id : 0;
    span->event.name = names[kind];
    span->event.action = actions[kind];
    if (c)
        pg_describe(span, c);
    else
        pg_describe_any(span);
    return span;
}

void pg_contact_end(struct tracer *tracer, struct pg_connection *c, struct live_span *span,
    const struct pg_contact_info *info)
{
    bool connects = strcmp(span->event.action, "connect") == 0;
    span->event.outcome = info->outcome;
    if (connects && info->outcome == OUTCOME_FAILURE) {
        const struct pg_said said = {.sqlstate = info->code ? info->code : "",
            .message = info->error,
            .source = info->source,
            .cut = info->cut};
        pg_fail_contact(tracer, c, span, &said);
    }
    if (c && connects && info->outcome == OUTCOME_SUCCESS) {
        c->starting = true;
        c->connect_ns = info->end - span->start;
        c->connected_for = span->transaction ? span->transaction->event.id : 0;
    }
    span_end(tracer, span, info->end);
}
