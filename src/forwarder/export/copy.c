#include "export/copy.h"

static void *allocate(struct copier *c, size_t size)
{
    c->bytes += size;
    return arena_alloc(c->arena, size);
}

static const char *text(struct copier *c, const char *s)
{
    if (!s)
        return NULL;
    struct bytes kept = {s, strnlen(s, COPY_TEXT_MAX)};
    c->bytes += kept.len + 1;
    return arena_bytes(c->arena, kept);
}

static struct labels labels(struct copier *c, const struct labels *from)
{
    if (!from->count)
        return (struct labels){0, NULL};
    struct label *items = allocate(c, from->count * sizeof *items);
    for (size_t i = 0; i < from->count; i++) {
        items[i] = from->items[i];
        items[i].key = text(c, items[i].key);
        items[i].string = text(c, items[i].string);
    }
    return (struct labels){from->count, items};
}

static const struct http_context *http(struct copier *c, const struct http_context *from)
{
    if (!from)
        return NULL;
    struct http_context *copy = allocate(c, sizeof *copy);
    *copy = *from;
    copy->method = text(c, from->method);
    copy->http_version = text(c, from->http_version);
    copy->scheme = text(c, from->scheme);
    copy->host = text(c, from->host);
    copy->path = text(c, from->path);
    copy->query = text(c, from->query);
    copy->full_url = text(c, from->full_url);
    copy->remote_address = text(c, from->remote_address);
    copy->request_headers = copy->response_headers = copy->cookies = (struct headers){0, NULL};
    return copy;
}

static const struct db_context *db(struct copier *c, const struct db_context *from)
{
    if (!from)
        return NULL;
    struct db_context *copy = allocate(c, sizeof *copy);
    *copy = *from;
    copy->type = text(c, from->type);
    copy->instance = text(c, from->instance);
    copy->statement = text(c, from->statement);
    copy->user = text(c, from->user);
    return copy;
}

static const struct stacktrace *stack(struct copier *c, const struct stacktrace *from)
{
    if (!from || from == c->stack)
        return from ? c->stack_copy : NULL;
    struct stacktrace *copy = allocate(c, sizeof *copy);
    size_t count = from->count < COPY_FRAMES_MAX ? from->count : COPY_FRAMES_MAX;
    struct frame *frames = allocate(c, (count + 1) * sizeof *frames);
    for (size_t i = 0; i < count; i++) {
        frames[i] = from->frames[i];
        frames[i].function = text(c, frames[i].function);
        frames[i].filename = text(c, frames[i].filename);
        frames[i].abs_path = text(c, frames[i].abs_path);
        frames[i].module = text(c, frames[i].module);
        frames[i].context_line = NULL; /* nobody shows copies' source */
        frames[i].pre_count = frames[i].post_count = 0;
    }
    *copy = (struct stacktrace){count, frames};
    c->stack = from;
    c->stack_copy = copy;
    return copy;
}

struct transaction copy_transaction(struct copier *c, const struct transaction *from)
{
    struct transaction copy = *from;
    copy.name = text(c, from->name);
    copy.type = text(c, from->type);
    copy.result = text(c, from->result);
    copy.http = http(c, from->http);
    copy.framework = (struct framework){0};
    copy.labels = labels(c, &from->labels);
    if (!from->dropped_count)
        return copy;
    struct dropped_span_stats *dropped = allocate(c, from->dropped_count * sizeof *dropped);
    for (size_t i = 0; i < from->dropped_count; i++) {
        dropped[i] = from->dropped[i];
        dropped[i].resource = text(c, dropped[i].resource);
        dropped[i].target_type = text(c, dropped[i].target_type);
        dropped[i].target_name = text(c, dropped[i].target_name);
    }
    copy.dropped = dropped;
    return copy;
}

struct span copy_span(struct copier *c, const struct span *from)
{
    struct span copy = *from;
    copy.name = text(c, from->name);
    copy.type = text(c, from->type);
    copy.subtype = text(c, from->subtype);
    copy.action = text(c, from->action);
    copy.db = db(c, from->db);
    copy.http = http(c, from->http);
    copy.destination_address = text(c, from->destination_address);
    copy.target_type = text(c, from->target_type);
    copy.target_name = text(c, from->target_name);
    copy.resource = text(c, from->resource);
    copy.stack = stack(c, from->stack);
    copy.labels = labels(c, &from->labels);
    return copy;
}

struct error copy_error(struct copier *c, const struct error *from)
{
    struct error copy = *from;
    copy.exception_type = text(c, from->exception_type);
    copy.exception_message = text(c, from->exception_message);
    copy.exception_code = text(c, from->exception_code);
    copy.exception_module = text(c, from->exception_module);
    copy.culprit = text(c, from->culprit);
    copy.stack = stack(c, from->stack);
    copy.http = NULL; /* nobody shows copies' requests */
    copy.framework = (struct framework){0};
    copy.transaction_name = text(c, from->transaction_name);
    copy.transaction_type = text(c, from->transaction_type);
    copy.labels = labels(c, &from->labels);
    return copy;
}
