/* What requests are called: by the view that served them, else by the route that their path is
 * known or guessed to be. What they are called is settled by their answer, and by what the first
 * requests after them tell of the same route. */
#include "trace/state.h"

#include "base/buf.h"
#include "trace/name_parameters.h"
#include "trace/path_template.h"
#include "trace/query.h"
#include "trace/route_views.h"
#include "trace/routes.h"

static void add_method(struct buf *name, const struct live_transaction *t)
{
    buf_puts(name, t->http.method);
    buf_putc(name, ' ');
}

static const char *admitted(
    struct tracer *tracer, const struct live_transaction *t, const char *rest, const char *overflow)
{
    struct buf name = {0};
    add_method(&name, t);
    buf_puts(&name, rest);
    const char *known = name_pool_admit(tracer->names, name.data, overflow);
    buf_free(&name);
    return known;
}

/* For good; however many there are. */
static void name_so(struct tracer *tracer, struct live_transaction *t, const char *rest)
{
    const char *name = admitted(tracer, t, rest, NULL);
    t->event.name = name ? name : arena_joined(&t->arena, t->http.method, " /*");
    t->named = true;
}

/* The name so far, of which the route begins there; the buffer is given back. */
static void keep_route(struct live_transaction *t, struct buf *name, size_t begin)
{
    t->event.name = arena_bytes(&t->arena, (struct bytes){name->data, name->len});
    t->route = t->event.name + begin;
    buf_free(name);
}

/* What the operator has said of its path goes before what is learned. */
static bool name_by_option(
    struct tracer *tracer, struct live_transaction *t, struct bytes asked, const char *path)
{
    const char *template = wildcard_list_match(tracer->path_templates, asked);
    if (!template && tracer->options->use_path_as_transaction_name)
        template = path;
    if (!template)
        return false;
    name_so(tracer, t, template);
    return true;
}

/* What is no request has no route, nor has what only asks to be connected. */
static bool name_without_route(
    struct tracer *tracer, struct live_transaction *t, const struct request_info *request)
{
    if (request->odd)
        name_so(tracer, t, "unknown route");
    else if (strcmp(t->http.method, "CONNECT") == 0 && t->http.host && t->http.port)
        name_so(tracer, t, arena_printf(&t->arena, "%s:%d", t->http.host, t->http.port));
    return t->named;
}

static uint64_t scope_of(const struct tracer *tracer, const struct conversation *conversation)
{
    const struct process *process = process_known(tracer, conversation->worked_by);
    return (process ? process->program : 0) ^ ((uint64_t)conversation->port << 48);
}

/* Those that the operator has named, then those that are known to decide. */
static void add_parameters(const struct tracer *tracer, const struct live_transaction *t,
    const struct request_info *request, struct buf *name, size_t begin)
{
    enum { DECIDERS_MAX = 2 };
    struct bytes query = bytes_of(t->http.query ? t->http.query : "");
    name_parameters_add(tracer->name_parameters, request, name);
    for (int i = 0; i < DECIDERS_MAX && query.len; i++) {
        struct bytes route = {name->data + begin, name->len - begin};
        struct bytes decider = parameter_studies_find(tracer->parameter_studies, t->scope, route);
        struct bytes value = query_value(query, decider);
        if (!decider.len || !value.len)
            return;
        name_parameter_add(decider, value, name);
    }
}

void request_name(struct tracer *tracer, struct live_transaction *t,
    const struct conversation *conversation, const struct request_info *request, struct bytes asked)
{
    const char *path = t->http.path ? t->http.path : "/";
    struct buf name = {0};
    if (name_by_option(tracer, t, asked, path) || name_without_route(tracer, t, request))
        return;
    t->scope = scope_of(tracer, conversation);
    add_method(&name, t);
    size_t method = name.len;
    path_template(bytes_of(path), &name);
    add_parameters(tracer, t, request, &name, method);
    keep_route(t, &name, method);
}

/* A call is named by what it calls, not by the view that all calls go through. */
void request_name_method(struct live_transaction *t, struct bytes method)
{
    if (t->named || !t->route || t->route_settled)
        return;
    struct buf name = {0};
    add_method(&name, t);
    size_t begin = name.len;
    buf_printf(&name, "%s%cmethod=%.*s", t->route, strchr(t->route, '?') ? '&' : '?',
        (int)method.len, method.data);
    keep_route(t, &name, begin);
    t->calls = true;
}

static bool may_have_views(const struct tracer *tracer, const struct live_transaction *t)
{
    const struct process *process = process_known(tracer, t->pid);
    return tracer->views_seen || (process && process->is_python);
}

/* Named by its path, unless its view is known or may soon be. */
static void settle(struct tracer *tracer, struct live_transaction *t, const char *path)
{
    const char *name = admitted(tracer, t, path, NULL);
    if (name && may_have_views(tracer, t) && !t->calls)
        t->route_view = route_view_of(tracer->route_views, t->scope, name, tracer->now);
    if (!t->named)
        t->event.name = name ? name : arena_joined(&t->arena, t->http.method, " /*");
    if (!t->route_view)
        return;
    if (t->view) {
        route_view_learn(t->route_view, t->view, tracer->now);
        return;
    }
    const char *view = route_view_by(t->route_view, tracer->now);
    if (view && !t->named)
        t->event.name = admitted(tracer, t, view, t->event.name);
    else
        t->view_wait = route_view_wait(tracer->route_views, t->route_view, tracer->now);
}

void request_name_answered(struct tracer *tracer, struct live_transaction *t, int status)
{
    enum { SWITCHING = 101, NOT_FOUND = 404 };
    if (!t->route || t->route_settled || (status && status < 200 && status != SWITCHING))
        return;
    bool succeeded = t->view || (status && status < 400), known = true;
    const struct bytes route = bytes_of(t->route);
    struct buf path = {0};
    t->route_settled = true;
    if (status != NOT_FOUND || succeeded)
        routes_learn(tracer->routes, t->scope, route, succeeded, &path);
    else
        known = routes_find(tracer->routes, t->scope, route, &path);
    if (known)
        settle(tracer, t, path.data);
    else if (!t->named)
        t->event.name = arena_joined(&t->arena, t->http.method, " unknown route");
    buf_free(&path);
    /* What it does behind its answer comes too late. */
    if (succeeded && !t->named)
        parameter_studies_add(tracer->parameter_studies, t->scope, t->route,
            bytes_of(t->http.query ? t->http.query : ""), t->done);
}

/* For an error that is sent before its request is answered. */
static void name_for_now(const struct tracer *tracer, struct live_transaction *t)
{
    struct buf name = {0};
    add_method(&name, t);
    (void)routes_find(tracer->routes, t->scope, bytes_of(t->route), &name);
    t->event.name = arena_bytes(&t->arena, (struct bytes){name.data, name.len});
    buf_free(&name);
}

static void add_to_signature(struct live_transaction *t, const struct live_span *span)
{
    uint32_t name = 0, stack = 0;
    if (span->event.name)
        HASH_VALUE(span->event.name, strlen(span->event.name), name);
    HASH_VALUE(&span->stack_id, sizeof span->stack_id, stack);
    t->done.names |= UINT64_C(1) << (name % 64);
    t->done.stacks |= UINT64_C(1) << (stack % 64);
}

void request_name_call(
    struct tracer *tracer, struct live_transaction *t, const struct live_span *span)
{
    if (!t->http.method || t->named)
        return;
    if (t->http.query)
        add_to_signature(t, span);
    const char *view = stack_view(tracer, span->stack_id);
    if (!view && span->failure && t->route && !t->route_settled)
        name_for_now(tracer, t);
    if (!view || t->calls)
        return;
    t->view = view;
    t->named = true;
    t->event.name = admitted(tracer, t, view, t->event.name);
    tracer->views_seen = true;
    if (t->route_view)
        route_view_learn(t->route_view, view, tracer->now);
}

bool request_name_waits(const struct live_transaction *t, uint64_t now)
{
    return !t->named && t->view_wait > now && !route_view_by(t->route_view, now);
}

void request_name_settle(struct tracer *tracer, struct live_transaction *t)
{
    request_name_answered(tracer, t, 0); /* if nobody has */
    const char *view = t->view_wait ? route_view_by(t->route_view, t->view_wait) : NULL;
    if (view && !t->named)
        t->event.name = admitted(tracer, t, view, t->event.name);
    t->view_wait = 0;
}

const char *transaction_name(const struct tracer *tracer, const struct live_transaction *t)
{
    const char *name = t->event.name;
    const char *group = name ? wildcard_list_match(tracer->name_groups, bytes_of(name)) : NULL;
    return group ? group : name;
}
