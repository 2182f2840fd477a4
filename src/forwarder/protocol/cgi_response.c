#include "protocol/cgi_response.h"

/* A CGI head is read as that of an HTTP response by putting this line before it. */
#define STATUS_LINE "HTTP/1.1 200 OK\r\n"
static const char version[] = "HTTP/1.";

enum { VERSION_BYTES = sizeof version - 1 };

static struct bytes field(const struct http1_fields *fields, struct bytes name)
{
    return header_find(fields->headers, fields->header_count, name);
}

/* "404 Not Found"; 0 if it is nothing like that. */
static int read_status(struct bytes text)
{
    int status = 0;
    if (text.len < 3 || (text.len > 3 && text.data[3] != ' '))
        return 0;
    for (size_t i = 0; i < 3; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        status = status * 10 + text.data[i] - '0';
    }
    return status >= 100 ? status : 0;
}

/* RFC 3875, sections 6.2 and 6.3.3. 0: not known, as there is not all of the head, or nothing like
 * one. */
static int cgi_status(const struct http1_fields *fields, bool readable)
{
    int status = read_status(field(fields, BYTES("status")));
    if (status || !readable)
        return status;
    return field(fields, BYTES("location")).len > 0 ? 302 : 200;
}

static void report(struct cgi_response *response, bool whole, uint64_t stream,
    const struct protocol_listener *listener)
{
    struct http1_fields fields;
    int status = 0;
    response->head_over = true;
    if (response->head.first == HTTP1_FIRST_LINE) {
        http1_head_read(&response->head, TO_CLIENT, &fields);
        bool empty = response->head.bytes.len <= sizeof STATUS_LINE "\r\n" - 1;
        status = response->is_http ? fields.start.status
                                   : cgi_status(&fields, whole && (fields.header_count || empty));
    }
    if (status) {
        struct response_info info = {
            .stream = stream,
            .status = status,
            .headers = fields.headers,
            .header_count = fields.header_count,
        };
        response->reported = true;
        listener->response(listener->self, &info);
    } else {
        listener->unreadable(listener->self, stream);
    }
    http1_head_free(&response->head);
}

/* Whether the first bytes are known to be a status line or not. */
static bool decide(struct cgi_response *response, struct bytes *in)
{
    while (in->len && response->start_len < VERSION_BYTES) {
        char c = in->data[0];
        if (c != version[response->start_len])
            return true;
        response->start[response->start_len++] = c;
        *in = bytes_skip(*in, 1);
    }
    response->is_http = response->start_len == VERSION_BYTES;
    return response->is_http;
}

static void begin(struct cgi_response *response)
{
    struct bytes status_line = BYTES(STATUS_LINE), start = {response->start, response->start_len};
    response->begun = true;
    if (!response->is_http)
        (void)http1_head_take(&response->head, TO_CLIENT, HTTP1_TRIED, &status_line);
    (void)http1_head_take(&response->head, TO_CLIENT, HTTP1_TRIED, &start);
}

void cgi_response_take(struct cgi_response *response, struct bytes bytes, uint64_t stream,
    const struct protocol_listener *listener)
{
    if (response->head_over)
        return;
    if (!response->begun) {
        if (!decide(response, &bytes))
            return;
        begin(response);
    }
    if (!bytes.len)
        return;
    enum http1_head_result result =
        http1_head_take(&response->head, TO_CLIENT, HTTP1_TRIED, &bytes);
    if (result != HTTP1_HEAD_MORE)
        report(response, result == HTTP1_HEAD_DONE, stream, listener);
}

void cgi_response_cut(
    struct cgi_response *response, uint64_t stream, const struct protocol_listener *listener)
{
    if (response->begun && !response->head_over)
        report(response, false, stream, listener);
    response->head_over = true;
}

void cgi_response_free(struct cgi_response *response)
{
    http1_head_free(&response->head);
}
