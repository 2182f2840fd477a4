#include "protocol/cgi_request.h"

#include <stdio.h>

#include "base/buf.h"

/* ---- variables ---- */

static void add_header(struct cgi_request *request, char *name, size_t name_len, struct bytes value)
{
    bool begins = true;
    if (!name_len || request->header_count == CGI_HEADERS_MAX)
        return;
    for (size_t i = 0; i < name_len; i++) {
        bool upper = name[i] >= 'A' && name[i] <= 'Z';
        name[i] = (char)(name[i] == '_' ? '-' : upper && !begins ? name[i] | 0x20 : name[i]);
        begins = name[i] == '-';
    }
    request->headers[request->header_count++] = (struct header_view){{name, name_len}, value};
}

static bool is_on(struct bytes value)
{
    return value.len && !bytes_equal_nocase(value, BYTES("off")) && !bytes_equal(value, BYTES("0"));
}

static struct bytes *variable_of(struct cgi_request *request, struct bytes name)
{
    const struct {
        struct bytes name, *value;
    } variables[] = {
        {BYTES("REQUEST_METHOD"), &request->method},
        {BYTES("REQUEST_URI"), &request->uri},
        {BYTES("REQUEST_SCHEME"), &request->scheme},
        {BYTES("SERVER_PROTOCOL"), &request->protocol},
        {BYTES("REMOTE_ADDR"), &request->remote_address},
        {BYTES("SCRIPT_NAME"), &request->script_name},
        {BYTES("PATH_INFO"), &request->path_info},
        {BYTES("QUERY_STRING"), &request->query},
        {BYTES("SERVER_NAME"), &request->server_name},
        {BYTES("SERVER_PORT"), &request->server_port},
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (bytes_equal(name, variables[i].name))
            return variables[i].value;
    return NULL;
}

void cgi_request_add(struct cgi_request *request, struct bytes value, char *name, size_t name_len)
{
    enum { PREFIX = sizeof "HTTP_" - 1 };
    struct bytes text = {name, name_len};
    struct bytes *variable = variable_of(request, text);
    if (variable)
        *variable = value;
    else if (name_len > PREFIX && memcmp(name, "HTTP_", PREFIX) == 0)
        add_header(request, name + PREFIX, name_len - PREFIX, value);
    else if (bytes_equal(text, BYTES("HTTPS")))
        request->https = is_on(value);
    else if (value.len && (bytes_equal(text, BYTES("CONTENT_TYPE")) ||
                              bytes_equal(text, BYTES("CONTENT_LENGTH"))))
        add_header(request, name, name_len, value);
    else if (request->other_count < CGI_OTHERS_MAX)
        request->others[request->other_count++] = (struct header_view){text, value};
}

void cgi_request_add_cut(
    struct cgi_request *request, struct bytes value, const char *name, size_t name_len)
{
    struct bytes *variable = variable_of(request, (struct bytes){name, name_len});
    request->cut = true;
    if (variable == &request->uri || variable == &request->query ||
        variable == &request->script_name || variable == &request->path_info)
        *variable = value;
}

/* ---- the request they make ---- */

static bool has_host(const struct cgi_request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (bytes_equal_nocase(request->headers[i].name, BYTES("host")))
            return true;
    return false;
}

/* Where no client named a host. "_" is how nginx's servers without a name are often called. */
static struct bytes authority_of(
    const struct cgi_request *request, char text[static CGI_AUTHORITY_BYTES_MAX])
{
    const struct bytes *name = &request->server_name, *port = &request->server_port;
    if (has_host(request) || !name->len || name->len + port->len + 2 > CGI_AUTHORITY_BYTES_MAX ||
        bytes_equal(*name, BYTES("_")))
        return (struct bytes){NULL, 0};
    int n = snprintf(text, CGI_AUTHORITY_BYTES_MAX, port->len ? "%.*s:%.*s" : "%.*s",
        (int)name->len, name->data, (int)port->len, port->data);
    return (struct bytes){text, (size_t)n};
}

static struct bytes version_of(const struct cgi_request *request)
{
    struct bytes protocol = request->protocol;
    if (protocol.len < 5 || memcmp(protocol.data, "HTTP/", 5) != 0)
        return (struct bytes){NULL, 0};
    return bytes_skip(protocol, 5);
}

/* What was asked for, or where that is not told the script it was mapped to. */
static void target_of(const struct cgi_request *request, struct buf *out)
{
    if (request->uri.len) {
        buf_add(out, request->uri.data, request->uri.len);
        return;
    }
    buf_add(out, request->script_name.data, request->script_name.len);
    buf_add(out, request->path_info.data, request->path_info.len);
    if (out->len && request->query.len) {
        buf_putc(out, '?');
        buf_add(out, request->query.data, request->query.len);
    }
}

bool cgi_request_report(
    const struct cgi_request *request, uint64_t stream, const struct protocol_listener *listener)
{
    char authority[CGI_AUTHORITY_BYTES_MAX];
    struct buf target = {0};
    target_of(request, &target);
    bool odd = request->cut && (!request->method.len || !target.len);
    if (odd && !target.len) /* a long query comes before the path */
        buf_printf(&target, "/?%.*s", (int)request->query.len, request->query.data);
    bool told = odd || (request->method.len && target.len);
    if (told) {
        struct request_info info = {
            .stream = stream,
            .method = request->method.len ? request->method : BYTES("?"),
            .odd = odd,
            .target = {target.data, target.len},
            .version = version_of(request),
            .scheme = request->scheme.len ? request->scheme
                      : request->https    ? BYTES("https")
                                          : BYTES("http"),
            .authority = authority_of(request, authority),
            .headers = request->headers,
            .header_count = request->header_count,
            .remote_address = request->remote_address,
            .variables = request->others,
            .variable_count = request->other_count,
        };
        listener->request(listener->self, &info);
    }
    buf_free(&target);
    return told;
}
