/* FastCGI (FastCGI Specification 1.0) as seen by somebody who missed parts of it.
 *
 * A request begins with BEGIN_REQUEST and its variables and ends with END_REQUEST; several may
 * share a connection, one after the other or at the same time. Lengths carry over gaps. Where a
 * record's header is in a gap the flow is lost, and found again like this:
 *
 * - Bytes to the service that follow its own and look like BEGIN_REQUEST are one.
 * - A call that sends what looks like a record of a request that is open begins with one.
 * - The last bytes of a call may be an END_REQUEST.
 *
 * What a request had of its variables before the loss makes it. */
#include "base/alloc.h"
#include "base/buf.h"
#include "protocol/cgi_request.h"
#include "protocol/cgi_response.h"
#include "protocol/fastcgi_records.h"
#include "protocol/request_body.h"

#include <stdlib.h>

enum { REQUESTS_MAX = 256, ERRORS_BYTES_MAX = 2048 };

struct request {
    unsigned id;
    uint64_t stream;   /* 0: not reported yet */
    struct buf params; /* until it is */
    bool params_cut;   /* what follows has no known place */
    bool input_over;
    struct request_body body;
    bool passed;       /* its answer may have been in what passed and can't be read */
    struct buf errors; /* the last of what was written there */
    struct cgi_response response;
    struct request *next;
};

struct fastcgi {
    struct fastcgi_flow flows[2]; /* by direction */
    struct request *requests;     /* oldest first */
    size_t count;
    uint64_t newest; /* stream */
    bool fed;
    enum direction last; /* fed */
};

/* One run's way through the parser. */
struct reading {
    struct fastcgi *fastcgi;
    const struct protocol_listener *listener;
};

/* ---- requests ---- */

static struct request *find(const struct fastcgi *fastcgi, unsigned id)
{
    struct request *r = fastcgi->requests;
    while (r && r->id != id)
        r = r->next;
    return r;
}

static void end_request(const struct reading *reading, struct request *request, bool complete)
{
    struct fastcgi *fastcgi = reading->fastcgi;
    const struct protocol_listener *listener = reading->listener;
    struct request **link = &fastcgi->requests;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    fastcgi->count--;
    if (request->stream) {
        cgi_response_cut(&request->response, request->stream, listener);
        complete = complete && request->response.reported;
        if (request->passed && !request->response.begun)
            listener->unreadable(listener->self, request->stream);
        if (request->errors.len)
            listener->complained(listener->self, request->stream,
                (struct bytes){request->errors.data, request->errors.len});
        listener->response_end(listener->self, request->stream, complete);
    }
    buf_free(&request->params);
    buf_free(&request->errors);
    cgi_response_free(&request->response);
    free(request);
}

static bool begin_request(const struct reading *reading, unsigned id)
{
    struct fastcgi *fastcgi = reading->fastcgi;
    struct request *same = find(fastcgi, id), **last = &fastcgi->requests;
    if (same) /* its end was missed */
        end_request(reading, same, false);
    if (fastcgi->count == REQUESTS_MAX)
        return false;
    struct request *request = xcalloc(1, sizeof *request);
    request->id = id;
    while (*last)
        last = &(*last)->next;
    *last = request;
    fastcgi->count++;
    return true;
}

/* Section 3.4: one byte, or four of which the first has its highest bit set. */
static bool next_length(struct bytes *in, size_t *ret_length)
{
    if (!in->len)
        return false;
    const unsigned char *b = (const unsigned char *)in->data;
    size_t n = b[0] & 0x80 ? 4 : 1;
    if (in->len < n)
        return false;
    *ret_length =
        n == 1 ? b[0] : (size_t)(b[0] & 0x7f) << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    *in = bytes_skip(*in, n);
    return true;
}

/* False if there is no whole one, then what there is of its value. */
static bool next_param(struct bytes *in, size_t *ret_name_len, struct bytes *ret_value)
{
    size_t name, value;
    *ret_name_len = 0;
    if (!next_length(in, &name) || !next_length(in, &value) || in->len < name)
        return false;
    *ret_name_len = name;
    *ret_value = bytes_skip(*in, name);
    if (ret_value->len < value)
        return false;
    ret_value->len = value;
    *in = bytes_skip(*in, name + value);
    return true;
}

/* Once its variables are there, or no more of them will be. */
static void report_request(const struct reading *reading, struct request *request)
{
    struct cgi_request cgi;
    struct bytes in = {request->params.data, request->params.len}, value;
    size_t name_len;
    if (request->stream || !in.len)
        return;
    memset(&cgi, 0, offsetof(struct cgi_request, headers));
    cgi.cut = request->params_cut;
    while (next_param(&in, &name_len, &value))
        cgi_request_add(&cgi, value, (char *)(uintptr_t)(value.data - name_len), name_len);
    if (cgi.cut && name_len)
        cgi_request_add_cut(&cgi, value, value.data - name_len, name_len);
    uint64_t stream = reading->fastcgi->newest + 1;
    if (cgi_request_report(&cgi, stream, reading->listener))
        reading->fastcgi->newest = request->stream = stream;
    buf_free(&request->params);
}

static void report_all(const struct reading *reading)
{
    for (struct request *r = reading->fastcgi->requests; r; r = r->next) {
        r->params_cut = true;
        report_request(reading, r);
    }
}

static void end_all(const struct reading *reading)
{
    report_all(reading);
    while (reading->fastcgi->requests)
        end_request(reading, reading->fastcgi->requests, false);
}

/* ---- records ---- */

static bool on_begin(void *self, const struct fastcgi_record *record)
{
    const struct reading *reading = self;
    if (record->type == FASTCGI_BEGIN_REQUEST && record->id)
        return begin_request(reading, record->id);
    return true;
}

static void add_params(struct request *request, struct bytes piece)
{
    if (!piece.data || request->params.len + piece.len > CGI_VARIABLES_BYTES_MAX)
        request->params_cut = true;
    if (!request->params_cut)
        buf_add(&request->params, piece.data, piece.len);
}

static void tell_body(const struct reading *reading, struct request *request, struct bytes piece)
{
    if (!piece.data)
        request_body_stop(&request->body);
    else if (request->stream && !request->input_over)
        request_body_tell(&request->body, reading->listener, request->stream, piece);
}

/* What is missing before the last piece says nothing about it. */
static void add_errors(struct request *request, struct bytes piece)
{
    struct buf *errors = &request->errors;
    if (!piece.data || errors->len + piece.len > ERRORS_BYTES_MAX)
        buf_clear(errors);
    if (piece.data)
        buf_add(errors, piece.data, piece.len < ERRORS_BYTES_MAX ? piece.len : ERRORS_BYTES_MAX);
}

static bool on_content(void *self, const struct fastcgi_record *record, struct bytes piece)
{
    const struct reading *reading = self;
    struct request *request = find(reading->fastcgi, record->id);
    if (!request)
        return true;
    if (record->type == FASTCGI_PARAMS && !request->stream)
        add_params(request, piece);
    if (record->type == FASTCGI_STDIN)
        tell_body(reading, request, piece);
    if (record->type == FASTCGI_STDERR)
        add_errors(request, piece);
    if (record->type != FASTCGI_STDOUT)
        return true;
    report_request(reading, request);
    if (request->stream && piece.data)
        cgi_response_take(&request->response, piece, request->stream, reading->listener);
    else if (request->stream)
        cgi_response_cut(&request->response, request->stream, reading->listener);
    return true;
}

static void end_input(const struct reading *reading, struct request *request)
{
    if (request->stream && !request->input_over)
        reading->listener->request_end(reading->listener->self, request->stream);
    request->input_over = true;
}

static bool on_end(void *self, const struct fastcgi_record *record)
{
    const struct reading *reading = self;
    struct request *request = find(reading->fastcgi, record->id);
    if (!request)
        return true;
    if (record->type == FASTCGI_PARAMS && !record->length)
        report_request(reading, request);
    else if (record->type == FASTCGI_STDIN && !record->length)
        end_input(reading, request);
    else if (record->type == FASTCGI_END_REQUEST) {
        report_request(reading, request);
        end_request(reading, request, true);
    }
    return true;
}

/* ---- runs ---- */

static bool read_header(struct bytes bytes, struct fastcgi_record *ret_record)
{
    return bytes.len >= FASTCGI_HEADER_BYTES &&
           fastcgi_header_read((const unsigned char *)bytes.data, ret_record);
}

static bool is_begin_request(struct bytes bytes)
{
    struct fastcgi_record record;
    return read_header(bytes, &record) && record.type == FASTCGI_BEGIN_REQUEST && record.id &&
           record.length == FASTCGI_END_BYTES;
}

/* Where a call begins may be where a record does. */
static void find_record(
    struct fastcgi *fastcgi, enum direction direction, bool turned, struct bytes head)
{
    struct fastcgi_flow *flow = &fastcgi->flows[direction];
    struct fastcgi_record record;
    if (!flow->lost)
        return;
    if (direction == TO_SERVER ? turned && is_begin_request(head)
                               : read_header(head, &record) && find(fastcgi, record.id))
        flow->lost = false;
}

/* The end of a request whose flow was lost, as the last record of a call. */
static void look_for_end(const struct reading *reading, const struct run *run)
{
    enum { BYTES_OF_END = FASTCGI_HEADER_BYTES + FASTCGI_END_BYTES };
    struct fastcgi_flow *flow = &reading->fastcgi->flows[TO_CLIENT];
    struct bytes last = run->tail.len ? run->tail : run->head;
    struct fastcgi_record record;
    if (!flow->lost || last.len < BYTES_OF_END || !(run->tail.len || run->head.len == run->total))
        return;
    last = bytes_skip(last, last.len - BYTES_OF_END);
    if (!read_header(last, &record) || record.type != FASTCGI_END_REQUEST ||
        record.length != FASTCGI_END_BYTES || record.padding)
        return;
    flow->lost = false;
    (void)on_end((void *)(uintptr_t)reading, &record);
}

static void note_passed(struct fastcgi *fastcgi)
{
    for (struct request *r = fastcgi->requests; r; r = r->next)
        r->passed = true;
}

static bool feed(void *state, enum direction direction, const struct run *run,
    const struct protocol_listener *listener)
{
    struct fastcgi *fastcgi = state;
    struct reading reading = {fastcgi, listener};
    struct fastcgi_flow *flow = &fastcgi->flows[direction];
    struct fastcgi_events events = {on_begin, on_content, on_end, &reading};
    bool turned = fastcgi->fed && fastcgi->last != direction;
    fastcgi->fed = true;
    fastcgi->last = direction;
    if (run->gap)
        *flow = (struct fastcgi_flow){.lost = true};
    find_record(fastcgi, direction, turned || run->gap, run->head);
    uint64_t gap = run->total - run->head.len - run->tail.len;
    bool go_on = fastcgi_flow_take(flow, run->head, &events) &&
                 fastcgi_flow_skip(flow, gap, &events) &&
                 fastcgi_flow_take(flow, run->tail, &events);
    if (!go_on) {
        end_all(&reading);
        return false;
    }
    if (flow->lost)
        report_all(&reading);
    if (flow->lost && direction == TO_CLIENT)
        note_passed(fastcgi);
    if (direction == TO_CLIENT)
        look_for_end(&reading, run);
    return true;
}

static void finish(void *state, const struct protocol_listener *listener)
{
    end_all(&(struct reading){state, listener});
}

static void release(void *state)
{
    struct fastcgi *fastcgi = state;
    static const struct protocol_listener nobody;
    for (struct request *r = fastcgi->requests; r; r = r->next)
        r->stream = 0; /* nobody is to hear of it any more */
    while (fastcgi->requests)
        end_request(&(struct reading){fastcgi, &nobody}, fastcgi->requests, false);
}

/* ---- sniffing ---- */

/* BEGIN_REQUEST, or the question of a gateway for what the service can do (section 4.1). */
static enum sniff sniff(enum direction direction, struct bytes head)
{
    const unsigned char *b = (const unsigned char *)head.data;
    struct fastcgi_record record;
    if (direction == TO_CLIENT)
        return SNIFF_NO;
    if ((head.len > 0 && b[0] != 1) ||
        (head.len > 1 && b[1] != FASTCGI_BEGIN_REQUEST && b[1] != FASTCGI_GET_VALUES))
        return SNIFF_NO;
    if (head.len < FASTCGI_HEADER_BYTES)
        return SNIFF_MORE;
    if (is_begin_request(head))
        return SNIFF_YES;
    return read_header(head, &record) && record.type == FASTCGI_GET_VALUES && !record.id ? SNIFF_YES
                                                                                         : SNIFF_NO;
}

const struct protocol fastcgi_protocol = {
    .name = "fastcgi",
    .state_size = sizeof(struct fastcgi),
    .sniff = sniff,
    .feed = feed,
    .finish = finish,
    .release = release,
};
