/* HTTP exchanges as transactions: URL, headers, result and outcome (Elastic's HTTP server
 * rules). */
#include "trace/state.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "protocol/http1_start.h"
#include "trace/cookies.h"
#include "trace/forwarded.h"
#include "trace/json_rpc.h"
#include "trace/php_failure.h"
#include "trace/traceparent.h"
#include "trace/url.h"

enum { HEADERS_MAX = 64, HEADER_NAME_MAX = 128, HEADER_VALUE_MAX = 1024 };

static struct bytes header_of(const struct request_info *request, struct bytes name)
{
    return header_find(request->headers, request->header_count, name);
}

/* What is private is left out first: a cut would make it unrecognisable. */
static const char *keep_value(
    const struct tracer *tracer, struct arena *arena, const struct header_view *header)
{
    struct buf value = {0};
    privacy_header(&tracer->privacy, header->name, header->value, &value);
    if (value.len > HEADER_VALUE_MAX)
        value.len = HEADER_VALUE_MAX;
    const char *kept = arena_bytes(arena, (struct bytes){value.data, value.len});
    buf_free(&value);
    return kept;
}

/* Only HTTP/1 has seen to it that names are such. */
static struct headers keep_headers(
    struct tracer *tracer, struct arena *arena, const struct header_view *headers, size_t count)
{
    size_t n = 0;
    if (!tracer->options->capture_headers || !count)
        return (struct headers){0, NULL};
    if (count > HEADERS_MAX)
        count = HEADERS_MAX;
    struct header *kept = arena_alloc(arena, count * sizeof *kept);
    for (size_t i = 0; i < count; i++) {
        if (!http1_is_token(headers[i].name) || headers[i].name.len > HEADER_NAME_MAX)
            continue;
        kept[n].name = arena_bytes(arena, headers[i].name);
        kept[n++].value = keep_value(tracer, arena, &headers[i]);
    }
    return (struct headers){n, kept};
}

/* ---- what is none of the usual is not shown as it came ---- */

static const char *method_of(struct arena *arena, struct bytes method)
{
    return http1_is_method(method) ? arena_bytes(arena, method) : "_OTHER";
}

/* "1.1", "2". */
static struct bytes version_of(struct bytes version)
{
    bool usual = version.len && version.len <= 3;
    for (size_t i = 0; i < version.len && usual; i++)
        usual = i == 1 ? version.data[i] == '.' : isdigit((unsigned char)version.data[i]);
    return usual ? version : (struct bytes){NULL, 0};
}

static const char *remote_address_of(struct arena *arena, const struct request_info *request,
    const struct conversation *conversation)
{
    struct bytes told = request->remote_address; /* by a gateway */
    char address[ADDRESS_TEXT_MAX];
    if (address_show_text(told, address))
        return arena_string(arena, address);
    if (told.len)
        return bytes_equal(told, BYTES("unix:")) ? "unix:" : NULL;
    return *conversation->peer ? arena_string(arena, conversation->peer) : NULL;
}

static void continue_trace(struct live_transaction *t, const struct request_info *request)
{
    struct trace_parent parent;
    if (!traceparent_of_headers(request->headers, request->header_count, &parent))
        return;
    t->event.trace_id = parent.trace_id;
    t->event.parent_id = parent.parent_id;
    t->event.sampled = parent.sampled;
    t->event.sample_rate = parent.sampled ? parent.sample_rate : 0;
}

/* ---- gRPC over HTTP/2 (its protocol description; outcomes as Elastic's agents see them) ---- */

#define GRPC_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static bool is_grpc(const struct request_info *request)
{
    static const char type[] = "application/grpc";
    struct bytes content = header_of(request, BYTES("content-type"));
    return content.len >= sizeof type - 1 && memcmp(content.data, type, sizeof type - 1) == 0;
}

/* Whether the path is "/package.Service/Method". */
static bool is_grpc_method(const char *path)
{
    size_t service = *path == '/' ? strspn(path + 1, GRPC_LETTERS ".") : 0;
    const char *method = path + 1 + service;
    return service && *method == '/' && method[1] && !method[1 + strspn(method + 1, GRPC_LETTERS)];
}

static void set_grpc_status(struct live_transaction *t, const struct response_info *response)
{
    static const struct {
        const char *name;
        bool failure; /* the server's */
    } states[] = {{"OK", false}, {"CANCELLED", false}, {"UNKNOWN", true},
        {"INVALID_ARGUMENT", false}, {"DEADLINE_EXCEEDED", true}, {"NOT_FOUND", false},
        {"ALREADY_EXISTS", false}, {"PERMISSION_DENIED", false}, {"RESOURCE_EXHAUSTED", true},
        {"FAILED_PRECONDITION", true}, {"ABORTED", true}, {"OUT_OF_RANGE", false},
        {"UNIMPLEMENTED", false}, {"INTERNAL", true}, {"UNAVAILABLE", true}, {"DATA_LOSS", true},
        {"UNAUTHENTICATED", false}};
    struct bytes value =
        header_find(response->headers, response->header_count, BYTES("grpc-status"));
    if (!t->grpc || !value.len || value.len > 2)
        return;
    size_t status = 0;
    for (size_t i = 0; i < value.len; i++)
        status = status * 10 + (size_t)(unsigned char)(value.data[i] - '0');
    if (status >= sizeof states / sizeof *states)
        return;
    t->event.result = states[status].name;
    t->event.outcome = states[status].failure ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
}

void http_trailers(struct live_transaction *t, const struct response_info *trailers)
{
    set_grpc_status(t, trailers);
}

static bool may_call(const struct tracer *tracer, const struct request_info *request)
{
    struct bytes type = header_of(request, BYTES("content-type"));
    return tracer->privacy.text.url == URL_FULL && bytes_equal(request->method, BYTES("POST")) &&
           type.len && memmem(type.data, type.len, "json", 4);
}

void http_body(struct live_transaction *t, struct bytes piece)
{
    if (!t->may_call)
        return;
    if (!t->body)
        t->body = arena_alloc(&t->arena, BODY_BYTES_TOLD);
    size_t room = BODY_BYTES_TOLD - t->body_len;
    memcpy(t->body + t->body_len, piece.data, piece.len < room ? piece.len : room);
    t->body_len += piece.len < room ? piece.len : room;
    struct bytes method = json_rpc_method((struct bytes){t->body, t->body_len});
    t->may_call = !method.len;
    if (method.len)
        request_name_method(t, method);
}

/* As the client asked for it. */
static struct forwarded origin_of(const struct tracer *tracer,
    const struct conversation *conversation, const struct request_info *request)
{
    struct forwarded told = {.host = {NULL, 0}};
    if (tracer->options->capture_headers) /* else they are not to be had */
        told = forwarded_by(request->headers, request->header_count);
    if (!told.host.len)
        told.host = request->authority;
    if (!told.host.len)
        told.host = header_of(request, BYTES("host"));
    if (!told.scheme.len)
        told.scheme = request->scheme;
    if (!told.scheme.len && conversation->tls)
        told.scheme = BYTES("https");
    return told;
}

struct live_transaction *http_transaction(struct tracer *tracer,
    const struct conversation *conversation, const struct request_info *request, uint64_t time)
{
    struct live_transaction *t = transaction_begin(tracer, "request", time);
    struct arena *arena = &t->arena;
    struct forwarded origin = origin_of(tracer, conversation, request);
    struct bytes asked =
        url_split(&tracer->privacy, arena, request->target, origin.scheme, origin.host, &t->http);
    struct bytes path = bytes_of(t->http.path ? t->http.path : "/");
    t->event.http = &t->http;
    t->http.method = method_of(arena, request->method);
    t->http.http_version = arena_bytes(arena, version_of(request->version));
    t->http.request_headers = keep_headers(tracer, arena, request->headers, request->header_count);
    if (tracer->options->capture_headers)
        t->http.cookies =
            cookies_of(&tracer->privacy, arena, request->headers, request->header_count);
    t->http.remote_address = remote_address_of(arena, request, conversation);
    t->grpc = is_grpc(request);
    t->may_call = may_call(tracer, request);
    if (t->grpc && is_grpc_method(path.data))
        t->event.name = name_pool_admit(tracer->names, path.data, "/*");
    else
        request_name(tracer, t, conversation, request, asked);
    t->ignored = wildcard_list_match(tracer->ignore_urls, asked) != NULL;
    continue_trace(t, request);
    return t;
}

static const char *result_of(struct arena *arena, int status)
{
    static const char *const usual[] = {
        [1] = "HTTP 1xx", [2] = "HTTP 2xx", [3] = "HTTP 3xx", [4] = "HTTP 4xx", [5] = "HTTP 5xx"};
    return status >= 100 && status < 600 ? usual[status / 100]
                                         : arena_printf(arena, "HTTP %dxx", status / 100);
}

void http_response(
    struct tracer *tracer, struct live_transaction *t, const struct response_info *response)
{
    t->http.status = response->status;
    t->http.response_headers =
        keep_headers(tracer, &t->arena, response->headers, response->header_count);
    t->event.result = result_of(&t->arena, response->status);
    t->event.outcome = response->status >= 500 ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    request_name_answered(tracer, t, response->status);
    set_grpc_status(t, response); /* where there is no body, it comes at once */
}

void http_complained(
    struct tracer *tracer, struct live_transaction *t, struct bytes text, uint64_t time)
{
    enum { SAID_BYTES_MAX = 639 };
    struct php_failure php;
    if (!php_failure_read(text, &php))
        return;
    struct arena arena = {0};
    struct bytes said = php.class.len ? php.class : php.engine.len ? php.engine : php.kind;
    if (said.len > SAID_BYTES_MAX)
        said.len = SAID_BYTES_MAX;
    const struct call_failure failure = {
        .type = arena_bytes(&arena, php.class.len ? php.class : php.kind),
        .message = arena_printf(
            &arena, "%s%.*s", php.class.len ? "Uncaught " : "", (int)said.len, said.data),
        .fatal = true,
    };
    const char *place = arena_printf(
        &arena, "%.*s:%.*s", (int)php.file.len, php.file.data, (int)php.line.len, php.line.data);
    error_of_request(tracer, t, &failure, place, time);
    arena_free(&arena);
}

void http_answer_lost(struct live_transaction *t)
{
    t->event.result = "unknown";
    t->event.outcome = OUTCOME_UNKNOWN;
}

/* A client that leaves is not the service's failure; a service that does not answer is. One that
 * was killed may have answered: it had no time left to tell. */
void http_unanswered(struct live_transaction *t, bool peer_left, bool killed)
{
    t->event.result = peer_left ? "client left" : killed ? "killed" : "no response";
    t->event.outcome = peer_left ? OUTCOME_UNKNOWN : OUTCOME_FAILURE;
}
