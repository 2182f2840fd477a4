/* What the messages say: statements, and what the server answers to them. */
#include "protocol/postgres_state.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { QUEUE_MAX = 65536 };

/* ---- reading a message ---- */

struct reader {
    struct bytes rest;
};

static uint32_t take_number(struct reader *r)
{
    uint32_t n = r->rest.len >= 4 ? postgres_number(r->rest.data) : 0;
    r->rest = bytes_skip(r->rest, 4);
    return n;
}

/* Up to its NUL, or as far as the message was kept. */
static struct bytes take_string(struct reader *r)
{
    struct bytes s = {r->rest.data, r->rest.len ? strnlen(r->rest.data, r->rest.len) : 0};
    r->rest = bytes_skip(r->rest, s.len + 1);
    return s;
}

/* Whether the next string is there to its end. */
static bool has_string(const struct reader *r)
{
    return r->rest.len && memchr(r->rest.data, '\0', r->rest.len);
}

static struct reader body_of(const struct stream *s, size_t header)
{
    return (struct reader){bytes_skip((struct bytes){s->message.data, s->message.len}, header)};
}

/* ---- what is waited for ---- */

static bool expect(struct postgres *p, enum wanted what, bool reported)
{
    if (p->count == p->capacity) {
        size_t bigger = p->capacity ? p->capacity * 2 : 16;
        if (bigger > QUEUE_MAX)
            return false;
        struct expected *queue = xcalloc(bigger, sizeof *queue);
        for (size_t i = 0; i < p->count; i++)
            queue[i] = p->queue[(p->first + i) % p->capacity];
        free(p->queue);
        p->queue = queue;
        p->capacity = bigger;
        p->first = 0;
    }
    p->count++;
    *postgres_newest(p) = (struct expected){.what = what, .reported = reported};
    p->synchronized += postgres_is_synchronized(postgres_newest(p));
    return true;
}

/* ---- from the client ---- */

static struct portal *portal_of(struct postgres *p, struct bytes name)
{
    for (unsigned i = 0; i < PORTALS; i++)
        if (p->portals[i].used && bytes_equal(bytes_of(p->portals[i].name), name))
            return &p->portals[i];
    return NULL;
}

static void keep_name(char *out, struct bytes name)
{
    size_t len = name.len < NAME_BYTES ? name.len : NAME_BYTES - 1;
    if (len)
        memcpy(out, name.data, len);
    out[len] = '\0';
}

/* What a portal, or the text without a name, is can't be told from here on. */
static void forget_names(struct postgres *p, const struct postgres_listener *l)
{
    postgres_forget_names(p);
    l->lost(l->self);
}

static bool on_bind(struct postgres *p, struct reader *r, const struct postgres_listener *l)
{
    struct bytes name = take_string(r);
    bool whole = has_string(r);
    struct bytes statement = take_string(r);
    struct portal *portal = portal_of(p, name);
    if (!whole) {
        forget_names(p, l);
        return expect(p, WANTS_OTHER, false);
    }
    if (!portal)
        portal = &p->portals[p->next_portal++ % PORTALS];
    *portal = (struct portal){.used = true};
    keep_name(portal->name, name);
    keep_name(portal->statement, statement);
    return expect(p, WANTS_OTHER, false);
}

static uint64_t text_total(const struct stream *s, struct bytes text)
{
    bool cut =
        s->message.len < s->length && text.data + text.len == s->message.data + s->message.len;
    return cut ? text.len + (s->length - s->message.len) : text.len;
}

static bool on_query(struct postgres *p, const struct stream *s, const struct postgres_listener *l)
{
    struct reader r = body_of(s, HEADER);
    struct bytes sql = take_string(&r);
    const struct postgres_statement statement = {
        .kind = POSTGRES_QUERY, .sql = sql, .sql_total = text_total(s, sql)};
    l->statement(l->self, &statement);
    return expect(p, WANTS_QUERY, true);
}

static bool on_parse(struct postgres *p, const struct stream *s, const struct postgres_listener *l)
{
    struct reader r = body_of(s, HEADER);
    bool whole = has_string(&r);
    struct bytes name = take_string(&r), sql = take_string(&r);
    const struct postgres_statement statement = {
        .kind = POSTGRES_PREPARE, .name = name, .sql = sql, .sql_total = text_total(s, sql)};
    if (!whole) {
        forget_names(p, l);
        return expect(p, WANTS_PARSE, false);
    }
    if (name.len) {
        l->statement(l->self, &statement);
        return expect(p, WANTS_PARSE, true);
    }
    buf_clear(&p->unnamed);
    buf_add(&p->unnamed, sql.data, sql.len);
    p->unnamed_total = statement.sql_total;
    return expect(p, WANTS_PARSE, false);
}

static bool expect_execute(struct postgres *p, struct portal *portal, bool reported)
{
    if (!expect(p, WANTS_EXECUTE, reported))
        return false;
    postgres_newest(p)->portal = portal;
    return true;
}

/* Going on with a portal is no new statement. */
static bool on_execute(struct postgres *p, struct reader *r, const struct postgres_listener *l)
{
    struct portal *portal = portal_of(p, take_string(r));
    struct postgres_statement statement = {.kind = POSTGRES_EXECUTE};
    if (portal ? portal->suspended : p->forgot)
        return expect_execute(p, portal, false);
    if (portal && *portal->statement) {
        statement.name = bytes_of(portal->statement);
    } else {
        statement.kind = POSTGRES_UNNAMED;
        statement.sql = (struct bytes){p->unnamed.data, p->unnamed.len};
        statement.sql_total = p->unnamed_total;
    }
    l->statement(l->self, &statement);
    return expect_execute(p, portal, true);
}

static bool on_function(struct postgres *p, struct reader *r, const struct postgres_listener *l)
{
    const struct postgres_statement statement = {
        .kind = POSTGRES_FUNCTION, .function = take_number(r)};
    l->statement(l->self, &statement);
    return expect(p, WANTS_FUNCTION, true);
}

static bool on_startup(
    struct postgres *p, const struct stream *s, const struct postgres_listener *l)
{
    struct reader r = body_of(s, 4);
    struct bytes key, user = {0}, database = {0};
    uint32_t code = take_number(&r);
    if (postgres_is_request(code)) {
        p->phase = AT_ANSWER;
        return true;
    }
    if (code == POSTGRES_CANCEL)
        l->cancel(l->self);
    if (!postgres_is_startup(code))
        return false;
    while ((key = take_string(&r)).len) {
        struct bytes value = take_string(&r);
        if (bytes_equal(key, BYTES("user")))
            user = value;
        else if (bytes_equal(key, BYTES("database")))
            database = value;
        else if (bytes_equal(key, BYTES("client_encoding")))
            l->client_encoding(l->self, value);
    }
    p->phase = IN_SESSION;
    l->startup(l->self, user, database.len ? database : user);
    return true;
}

static bool from_client(
    struct postgres *p, const struct stream *s, const struct postgres_listener *l)
{
    struct reader r = body_of(s, HEADER);
    if (p->phase != IN_SESSION)
        return on_startup(p, s, l);
    switch (s->message.data[0]) {
    case 'Q':
        return on_query(p, s, l);
    case 'P':
        return on_parse(p, s, l);
    case 'B':
        return on_bind(p, &r, l);
    case 'E':
        return on_execute(p, &r, l);
    case 'F':
        return on_function(p, &r, l);
    case 'S':
        return expect(p, WANTS_SYNC, false);
    case 'D': /* describe */
    case 'C': /* close */
        return expect(p, WANTS_OTHER, false);
    case 'd':
        p->copied += s->length - HEADER;
        return true;
    case 'c':
    case 'f':
        if (p->copying_in)
            postgres_unsend_syncs(p);
        p->copying_in = false;
        return true;
    case 'p': /* password and the like */
    case 'H':
    case 'X':
        return true;
    default:
        return false;
    }
}

/* ---- from the server ---- */

static void report(struct postgres *p, const struct postgres_listener *l,
    const struct postgres_result *result, bool ends)
{
    l->result(l->self, result);
    if (ends)
        l->statement_end(l->self);
    p->copied = 0;
}

static int64_t rows_of(struct bytes tag)
{
    size_t at = tag.len;
    int64_t n = 0;
    while (at && tag.data[at - 1] >= '0' && tag.data[at - 1] <= '9')
        at--;
    if (at == tag.len || !at || tag.data[at - 1] != ' ')
        return -1;
    for (; at < tag.len && n < INT64_MAX / 100; at++)
        n = n * 10 + (tag.data[at] - '0');
    return n;
}

static void end_execute(struct postgres *p, const struct postgres_result *result, bool suspended,
    const struct postgres_listener *l)
{
    const struct expected *e = postgres_expected(p);
    if (e->portal)
        e->portal->suspended = suspended;
    if (e->reported)
        report(p, l, result, true);
    postgres_pop(p);
}

/* A statement's command is complete; a simple query may have more. */
static void on_complete(struct postgres *p, struct bytes tag, const struct postgres_listener *l)
{
    const struct expected *e = postgres_expected(p);
    const struct postgres_result result = {.rows = rows_of(tag), .copied = p->copied, .tag = tag};
    if (!e || (e->what != WANTS_QUERY && e->what != WANTS_EXECUTE))
        return;
    if (e->what == WANTS_QUERY) {
        report(p, l, &result, false);
        return;
    }
    end_execute(p, &result, false, l);
}

/* Names of relations, columns and constraints. */
static bool is_name(char field)
{
    return field && strchr("stcdn", field);
}

/* The texts lie in the message and in *names. */
static struct postgres_result read_error(const struct stream *s, struct buf *names)
{
    struct reader r = body_of(s, HEADER);
    struct postgres_result result = {.outcome = POSTGRES_FAILED, .rows = -1};
    buf_clear(names);
    while (r.rest.len > 1 && r.rest.data[0]) {
        char field = r.rest.data[0];
        r.rest = bytes_skip(r.rest, 1);
        struct bytes left = r.rest, value = take_string(&r);
        if (field == 'C') {
            result.sqlstate = value;
        } else if (field == 'M') {
            result.message = value;
            result.cut = value.len == left.len;
        } else if (field == 'D') {
            result.detail = value;
        } else if (field == 'H') {
            result.hint = value;
        } else if (field == 'R') {
            result.source = value;
        } else if (is_name(field)) {
            buf_add(names, value.data, value.len);
            buf_putc(names, '\n');
        }
    }
    result.names = (struct bytes){names->data, names->len};
    return result;
}

/* The error is of the oldest statement before the next synchronization; the server skips the rest.
 */
static void on_error(struct postgres *p, const struct stream *s, const struct postgres_listener *l)
{
    struct postgres_result result = read_error(s, &p->names);
    if (!p->agreed) {
        l->session(l->self, &result);
        return;
    }
    result.copied = p->copied;
    struct expected *e = postgres_expected(p);
    if (e && (e->what == WANTS_QUERY || e->what == WANTS_FUNCTION)) {
        report(p, l, &result, false);
        return;
    }
    for (unsigned i = 0; i < PORTALS; i++)
        p->portals[i].suspended = false;
    for (; (e = postgres_expected(p)) && e->what != WANTS_SYNC; postgres_pop(p)) {
        if (!e->reported)
            continue;
        report(p, l, &result, true);
        result = (struct postgres_result){.outcome = POSTGRES_SKIPPED, .rows = -1};
    }
}

/* It takes data, whatever comes before that: also what was sent behind its Execute. */
static void on_copy_in(struct postgres *p)
{
    const struct expected *e = postgres_expected(p);
    p->copying_in = true;
    if (e && e->what == WANTS_EXECUTE)
        postgres_unsend_syncs(p);
}

static void on_ready(struct postgres *p, const struct postgres_listener *l)
{
    const struct expected *e;
    p->ready = true;
    if (!p->agreed) {
        p->agreed = true;
        l->session(l->self, NULL);
        return;
    }
    while ((e = postgres_expected(p))) {
        bool last = postgres_is_synchronized(e);
        if (e->reported)
            l->statement_end(l->self);
        postgres_pop(p);
        if (last)
            break;
    }
    p->overlaps |= p->count > 0;
    p->answered |= !p->count;
    p->copied = 0;
}

static void on_parsed(struct postgres *p, const struct postgres_listener *l)
{
    static const struct postgres_result parsed = {.rows = -1};
    const struct expected *e = postgres_expected(p);
    if (!e || e->what != WANTS_PARSE)
        return;
    if (e->reported)
        report(p, l, &parsed, true);
    postgres_pop(p);
}

/* T and n also come in the answer to a simple query. */
static void on_other(struct postgres *p)
{
    if (p->count && postgres_expected(p)->what == WANTS_OTHER)
        postgres_pop(p);
}

static void on_parameter(const struct stream *s, const struct postgres_listener *l)
{
    struct reader r = body_of(s, HEADER);
    if (bytes_equal(take_string(&r), BYTES("client_encoding")))
        l->client_encoding(l->self, take_string(&r));
}

static void note_state(struct postgres *p, char type)
{
    p->ready &= postgres_is_unasked(type);
    p->copying_in &= type != 'C' && type != 'E' && type != 'Z';
}

static bool from_server(
    struct postgres *p, const struct stream *s, const struct postgres_listener *l)
{
    struct reader r = body_of(s, HEADER);
    const struct expected *e = postgres_expected(p);
    static const struct postgres_result plain = {.rows = -1};
    note_state(p, s->message.data[0]);
    switch (s->message.data[0]) {
    case 'C':
        on_complete(p, has_string(&r) ? take_string(&r) : (struct bytes){0}, l);
        break;
    case 'I': /* an empty query */
        on_complete(p, BYTES(""), l);
        break;
    case 's': /* portal suspended: asked for more later */
        if (e && e->what == WANTS_EXECUTE)
            end_execute(p, &plain, true, l);
        break;
    case 'E':
        on_error(p, s, l);
        break;
    case 'Z':
        on_ready(p, l);
        break;
    case '1':
        on_parsed(p, l);
        break;
    case '2':
    case '3':
    case 'T':
    case 'n':
        on_other(p);
        break;
    case 'V':
        if (e && e->what == WANTS_FUNCTION)
            report(p, l, &plain, false);
        break;
    case 'd':
        p->copied += s->length - HEADER;
        break;
    case 'S':
        on_parameter(s, l);
        break;
    case 'G':
    case 'W':
        on_copy_in(p);
        break;
    case 'A':
    case 'D':
    case 'H':
    case 'K':
    case 'N':
    case 'R':
    case 'c':
    case 't':
    case 'v':
        break;
    default:
        return false;
    }
    return true;
}

bool postgres_message(
    struct postgres *p, enum direction direction, const struct postgres_listener *l)
{
    const struct stream *s = &p->streams[direction];
    return direction == TO_SERVER ? from_client(p, s, l) : from_server(p, s, l);
}
