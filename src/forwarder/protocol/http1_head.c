#include "protocol/http1_head.h"

enum { ANY_BYTES_MAX = 4096 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- collecting ---- */

static struct bytes current_line(const struct http1_head *head)
{
    return bytes_skip((struct bytes){head->bytes.data, head->bytes.len}, head->line);
}

/* Of a line that is no request's. */
static enum http1_first first_of(struct bytes line, enum http1_trust trust)
{
    bool odd =
        trust == HTTP1_UNDERSTOOD ? http1_start_has_method(line) : http1_start_is_plain(line);
    return odd ? HTTP1_FIRST_ODD : HTTP1_FIRST_ANY;
}

static enum http1_head_result end_line(
    struct http1_head *head, enum direction direction, enum http1_trust trust)
{
    struct http1_start start;
    struct bytes line = current_line(head);
    bool empty = line.len == 1 || (line.len == 2 && line.data[0] == '\r');
    head->line = head->bytes.len;
    if (head->first != HTTP1_FIRST_NONE)
        return empty ? HTTP1_HEAD_DONE : HTTP1_HEAD_MORE;
    if (empty) { /* before a start line they mean nothing (RFC 9112, section 2.2) */
        http1_head_free(head);
        return HTTP1_HEAD_MORE;
    }
    if (http1_start_read(direction, line, &start))
        head->first = HTTP1_FIRST_LINE;
    else if (trust && direction == TO_SERVER)
        head->first = first_of(line, trust);
    else
        return HTTP1_HEAD_BAD;
    if (head->first != HTTP1_FIRST_LINE || direction == TO_CLIENT || start.version.len)
        return HTTP1_HEAD_MORE;
    return trust ? HTTP1_HEAD_DONE : HTTP1_HEAD_BAD; /* it has no headers */
}

static enum http1_head_result unfinished_line(
    struct http1_head *head, enum direction direction, enum http1_trust trust)
{
    struct bytes line = current_line(head);
    bool blank = line.len == 1 && line.data[0] == '\r';
    if (head->first != HTTP1_FIRST_NONE || blank ||
        http1_start_may_be(direction, trust != HTTP1_TRIED, line))
        return HTTP1_HEAD_MORE;
    if (direction == TO_CLIENT || trust == HTTP1_TRIED)
        return HTTP1_HEAD_BAD;
    if (trust == HTTP1_SURE)
        head->first = HTTP1_FIRST_ANY;
    return HTTP1_HEAD_MORE;
}

static void take_any(struct http1_head *head, struct bytes *in)
{
    size_t room = head->bytes.len < ANY_BYTES_MAX ? ANY_BYTES_MAX - head->bytes.len : 0;
    buf_add(&head->bytes, in->data, in->len < room ? in->len : room);
    *in = bytes_skip(*in, in->len);
}

enum http1_head_result http1_head_take(
    struct http1_head *head, enum direction direction, enum http1_trust trust, struct bytes *in)
{
    enum http1_head_result result = HTTP1_HEAD_MORE;
    while (in->len && result == HTTP1_HEAD_MORE && head->first != HTTP1_FIRST_ANY) {
        size_t room = HTTP1_HEAD_BYTES_MAX - head->bytes.len;
        const char *end = memchr(in->data, '\n', in->len);
        size_t n = end ? (size_t)(end - in->data) + 1 : in->len;
        if (n > room)
            return http1_head_is_readable(head, direction, trust) ? HTTP1_HEAD_TOO_LONG
                                                                  : HTTP1_HEAD_BAD;
        buf_add(&head->bytes, in->data, n);
        *in = bytes_skip(*in, n);
        result = end ? end_line(head, direction, trust) : unfinished_line(head, direction, trust);
    }
    if (in->len && result == HTTP1_HEAD_MORE)
        take_any(head, in);
    return result;
}

bool http1_head_is_readable(
    const struct http1_head *head, enum direction direction, enum http1_trust trust)
{
    struct bytes line = current_line(head);
    struct http1_start start;
    if (head->first != HTTP1_FIRST_NONE)
        return head->first != HTTP1_FIRST_ANY;
    if (direction == TO_CLIENT)
        return http1_start_read(TO_CLIENT, line, &start);
    return http1_start_is_cut(line) && (trust || http1_start_sniff(TO_SERVER, line) == SNIFF_YES);
}

bool http1_head_is_whole(const struct http1_head *head)
{
    const struct buf *b = &head->bytes;
    return head->first == HTTP1_FIRST_ANY && b->len < ANY_BYTES_MAX &&
           ((b->len >= 4 && memcmp(b->data + b->len - 4, "\r\n\r\n", 4) == 0) ||
               (b->len >= 2 && memcmp(b->data + b->len - 2, "\n\n", 2) == 0));
}

void http1_head_free(struct http1_head *head)
{
    buf_free(&head->bytes);
    *head = (struct http1_head){0};
}

/* ---- header fields ---- */

static bool read_length(struct bytes digits, uint64_t *ret_length)
{
    uint64_t length = 0;
    if (!digits.len || digits.len > 18)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit(digits.data[i]))
            return false;
        length = length * 10 + (uint64_t)(digits.data[i] - '0');
    }
    *ret_length = length;
    return true;
}

/* The next item of a comma-separated list. */
static struct bytes next_item(struct bytes *list)
{
    return bytes_trim(bytes_take(list, ','));
}

bool http1_list_has(struct bytes list, struct bytes word)
{
    while (list.len)
        if (bytes_equal_nocase(next_item(&list), word))
            return true;
    return false;
}

/* The same length may be said twice, in one header or two (RFC 9110, section 8.6). */
static void note_length(struct http1_framing *framing, struct bytes value)
{
    do {
        uint64_t length;
        if (!read_length(next_item(&value), &length) ||
            (framing->has_length && framing->length != length)) {
            framing->bad_length = true;
            return;
        }
        framing->has_length = true;
        framing->length = length;
    } while (value.len);
}

static void note_transfer_encoding(struct http1_framing *framing, struct bytes value)
{
    framing->transfer_encoding = true;
    framing->chunked = false;
    while (value.len)
        framing->chunked = bytes_equal_nocase(next_item(&value), BYTES("chunked"));
}

static void add_header(struct http1_fields *fields, struct bytes name, struct bytes value)
{
    if (bytes_equal_nocase(name, BYTES("content-length")))
        note_length(&fields->framing, value);
    else if (bytes_equal_nocase(name, BYTES("transfer-encoding")))
        note_transfer_encoding(&fields->framing, value);
    else if (bytes_equal_nocase(name, BYTES("expect")))
        fields->expects_continue |= bytes_equal_nocase(value, BYTES("100-continue"));
    if (fields->header_count < HTTP1_HEADERS_MAX)
        fields->headers[fields->header_count++] = (struct header_view){name, value};
}

/* One field with its folded lines; lines that are no field are passed over, as servers do. */
static void read_header(struct bytes line, struct http1_fields *fields)
{
    const char *colon = memchr(line.data, ':', line.len);
    if (!colon)
        return;
    size_t n = (size_t)(colon - line.data);
    struct bytes name = bytes_trim((struct bytes){line.data, n});
    if (http1_is_token(name))
        add_header(fields, name, bytes_trim(bytes_skip(line, n + 1)));
}

/* The first line of text without its end, or all of it. */
static size_t line_length(const char *text, size_t len)
{
    const char *end = memchr(text, '\n', len);
    return end ? (size_t)(end - text) : len;
}

/* Obsolete folding (RFC 9112, section 5.2): the line end becomes spaces. */
static size_t unfold(char *text, size_t len)
{
    size_t n = line_length(text, len);
    while (n + 1 < len && (text[n + 1] == ' ' || text[n + 1] == '\t')) {
        text[n] = ' ';
        if (n && text[n - 1] == '\r')
            text[n - 1] = ' ';
        n += line_length(text + n, len - n);
    }
    return n;
}

void http1_head_read(
    struct http1_head *head, enum direction direction, struct http1_fields *ret_fields)
{
    char *text = head->bytes.data;
    /* A line whose end is not known would be read wrongly. */
    size_t len = head->line, n = line_length(text, len);
    memset(ret_fields, 0, offsetof(struct http1_fields, headers));
    struct bytes line = {text, line_length(text, head->bytes.len)};
    if (head->first == HTTP1_FIRST_LINE || direction == TO_CLIENT) {
        (void)http1_start_read(direction, line, &ret_fields->start);
    } else {
        http1_start_guess(line, &ret_fields->start);
        ret_fields->start.odd = head->first != HTTP1_FIRST_NONE || !http1_start_is_cut(line);
    }
    if (head->first == HTTP1_FIRST_NONE || head->first == HTTP1_FIRST_ANY)
        return;
    for (size_t at = n + 1; at < len; at += n + 1) {
        n = unfold(text + at, len - at);
        read_header((struct bytes){text + at, n}, ret_fields);
    }
}
