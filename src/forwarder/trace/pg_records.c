/* What libpq's hooks tell. */
#include "trace/postgres.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sql/encoding.h"

static struct pg_key key_of(const struct writer *writer, uint64_t conn)
{
    return (struct pg_key){.conn = conn, .pid = writer->pid, .source = PG_LIBPQ};
}

static struct bytes next_part(const char **at, size_t len)
{
    struct bytes part = {*at, len};
    *at += len;
    return part;
}

static void set_target(struct pg_connection *c, const struct bytes parts[4], int encoding)
{
    char *host = sql_to_utf8(parts[0], -1), *port = sql_to_utf8(parts[1], -1),
         *db = sql_to_utf8(parts[2], encoding), *user = sql_to_utf8(parts[3], encoding);
    pg_set_target(c, &(struct pg_target){host, port, db, user});
    free(host);
    free(port);
    free(db);
    free(user);
}

static void contacted(
    struct tracer *tracer, const struct writer *writer, const struct rec_pg_connect *r)
{
    struct pg_connection *c = r->conn ? pg_connection_of(tracer, key_of(writer, r->conn)) : NULL;
    const char *at = (const char *)(r + 1);
    const struct bytes parts[] = {next_part(&at, r->host_len), next_part(&at, r->port_len),
        next_part(&at, r->db_len), next_part(&at, r->user_len)};
    if (r->contact > PG_CONTACT_CANCEL)
        return;
    struct bytes message = next_part(&at, r->error_len);
    while (message.len && message.data[message.len - 1] == '\n')
        message.len--;
    char *error = sql_to_utf8(message, r->encoding);
    if (c) {
        pg_end_statements(tracer, c, r->head.time - r->elapsed);
        pg_forget_prepared(c);
        c->encoding = r->encoding;
        set_target(c, parts, r->encoding);
    }
    struct live_span *span =
        pg_contact_begin(tracer, writer, c, (enum pg_contact)r->contact, r->head.time - r->elapsed);
    span->stack_id = r->stack_id;
    const struct pg_contact_info info = {.outcome = r->ok == PG_GIVEN_UP ? OUTCOME_UNKNOWN
                                                    : r->ok              ? OUTCOME_SUCCESS
                                                                         : OUTCOME_FAILURE,
        .end = r->head.time,
        .error = error,
        .cut = r->error_len >= MESSAGE_BYTES_MAX};
    pg_contact_end(tracer, c, span, &info);
    free(error);
}

static void sent(struct tracer *tracer, const struct writer *writer, const struct rec_pg_send *r)
{
    struct pg_connection *c = pg_connection_of(tracer, key_of(writer, r->conn));
    const char *at = (const char *)(r + 1);
    struct pg_sent info = {
        .kind = r->kind,
        .async = r->head.flags & PG_ASYNC,
        .pipelined = r->head.flags & PG_PIPELINED,
        .sql_total = r->sql_total,
        .stack_id = r->stack_id,
        .time = r->head.time,
        .function = r->function,
    };
    c->encoding = r->encoding;
    info.sql = next_part(&at, r->sql_len);
    info.name = next_part(&at, r->name_len);
    info.params = next_part(&at, r->params_len);
    pg_sent(tracer, writer, c, &info);
}

/* The number that ends a command tag; -1: none does. */
static int64_t rows_of(const char *tag)
{
    const char *last = strrchr(tag, ' ');
    const char *number = last ? last + 1 : tag;
    return isdigit((unsigned char)*number) ? strtoll(number, NULL, 10) : -1;
}

static void got(struct tracer *tracer, const struct writer *writer, struct pg_connection *c,
    const struct rec_pg_result *r)
{
    const char *at = (const char *)(r + 1);
    char *tag = xmemdup0(at, r->tag_len);
    int64_t rows = rows_of(tag);
    struct pg_got info = {
        .of_last = r->head.flags & PG_OF_LAST,
        .done = r->head.type == REC_PG_DONE,
        .status = r->status,
        .rows = rows >= 0 ? rows : r->rows,
        .tag = {at, r->tag_len},
        .bytes = r->bytes,
        .memory = r->memory,
        .time = r->head.time,
        .complete = r->complete ? r->complete : r->head.time,
    };
    free(tag);
    at += r->tag_len;
    memcpy(info.sqlstate, r->sqlstate, 5);
    info.error = next_part(&at, r->error_len);
    info.detail = next_part(&at, r->detail_len);
    info.hint = next_part(&at, r->hint_len);
    info.source = next_part(&at, r->source_len);
    info.names = next_part(&at, r->names_len);
    info.error_cut = r->error_len >= MESSAGE_BYTES_MAX;
    pg_got(tracer, writer, c, &info);
}

void pg_record(struct tracer *tracer, const struct writer *writer, const struct record *record)
{
    const void *r = record;
    struct pg_connection *c;
    switch (record->type) {
    case REC_PG_CONNECT:
        contacted(tracer, writer, r);
        break;
    case REC_PG_SEND:
        sent(tracer, writer, r);
        break;
    case REC_PG_FINISH:
        c = pg_find(tracer, key_of(writer, ((const struct rec_pg_finish *)r)->conn));
        if (c)
            pg_finish(tracer, c, record->time);
        break;
    default:
        c = pg_find(tracer, key_of(writer, ((const struct rec_pg_result *)r)->conn));
        if (c)
            got(tracer, writer, c, r);
    }
}
