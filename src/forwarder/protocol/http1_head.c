#include "protocol/http1_head.h"

enum { METHOD_BYTES_MAX = 32 };

/* RFC 9110, section 5.6.2. */
static bool is_token_char(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c && strchr("!#$%&'*+-.^_`|~", c);
}

bool http1_is_token(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if (!is_token_char(b.data[i]))
            return false;
    return b.len > 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct bytes trim(struct bytes b)
{
    while (b.len && is_blank(b.data[0]))
        b = bytes_skip(b, 1);
    while (b.len && is_blank(b.data[b.len - 1]))
        b.len--;
    return b;
}

/* ---- start lines ---- */

static bool read_version(struct bytes text, struct bytes *ret_version)
{
    if (text.len != 8 || !bytes_start_with(text, BYTES("HTTP/1.")) || !is_digit(text.data[7]))
        return false;
    *ret_version = bytes_skip(text, 5);
    return true;
}

/* A target may hold anything but control characters: some clients send spaces. */
static bool read_target(struct bytes target, struct bytes *ret_target)
{
    for (size_t i = 0; i < target.len; i++)
        if ((unsigned char)target.data[i] < ' ' || target.data[i] == 0x7f)
            return false;
    *ret_target = trim(target);
    return ret_target->len > 0;
}

static bool read_request_line(struct bytes line, struct http1_fields *fields)
{
    const char *end = memchr(line.data, ' ', line.len);
    const char *last = memrchr(line.data, ' ', line.len);
    if (!end || end == last)
        return false;
    size_t method = (size_t)(end - line.data), version = (size_t)(last - line.data);
    fields->method = (struct bytes){line.data, method};
    struct bytes target = {line.data + method, version - method};
    return http1_is_token(fields->method) && method <= METHOD_BYTES_MAX &&
           read_target(target, &fields->target) &&
           read_version(bytes_skip(line, version + 1), &fields->version);
}

static bool read_status_line(struct bytes line, struct http1_fields *fields)
{
    if (line.len < 12 || line.data[8] != ' ' ||
        !read_version((struct bytes){line.data, 8}, &fields->version))
        return false;
    int status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (!is_digit(line.data[i]))
            return false;
        status = status * 10 + (line.data[i] - '0');
    }
    fields->status = status;
    return status >= 100 && (line.len == 12 || line.data[12] == ' ');
}

static bool read_start_line(
    enum direction direction, struct bytes line, struct http1_fields *fields)
{
    line = trim(line);
    return direction == TO_SERVER ? read_request_line(line, fields)
                                  : read_status_line(line, fields);
}

/* What an unfinished start line has to look like, so that no body is collected as a head. */
static bool may_be_start_line(enum direction direction, struct bytes b)
{
    static const char version[] = "HTTP/1.";
    size_t n = sizeof version - 1;
    if (direction == TO_CLIENT)
        return memcmp(b.data, version, b.len < n ? b.len : n) == 0;
    for (size_t i = 0; i < b.len && i <= METHOD_BYTES_MAX; i++)
        if (!is_token_char(b.data[i]))
            return i > 0 && b.data[i] == ' ';
    return b.len <= METHOD_BYTES_MAX;
}

/* ---- collecting ---- */

static struct bytes current_line(const struct http1_head *head)
{
    return (struct bytes){head->bytes.data + head->line, head->bytes.len - head->line};
}

static enum http1_head_result end_line(struct http1_head *head, enum direction direction)
{
    struct http1_fields fields;
    struct bytes line = current_line(head);
    bool empty = line.len == 1 || (line.len == 2 && line.data[0] == '\r');
    head->line = head->bytes.len;
    if (head->start_line)
        return empty ? HTTP1_HEAD_DONE : HTTP1_HEAD_MORE;
    if (empty) { /* before a start line they mean nothing (RFC 9112, section 2.2) */
        http1_head_free(head);
        return HTTP1_HEAD_MORE;
    }
    head->start_line = read_start_line(direction, line, &fields);
    return head->start_line ? HTTP1_HEAD_MORE : HTTP1_HEAD_BAD;
}

static enum http1_head_result unfinished_line(struct http1_head *head, enum direction direction)
{
    struct bytes line = current_line(head);
    bool blank = line.len == 1 && line.data[0] == '\r';
    if (!head->start_line && !blank && !may_be_start_line(direction, line))
        return HTTP1_HEAD_BAD;
    return HTTP1_HEAD_MORE;
}

enum http1_head_result http1_head_take(
    struct http1_head *head, enum direction direction, struct bytes *in)
{
    enum http1_head_result result = HTTP1_HEAD_MORE;
    while (in->len && result == HTTP1_HEAD_MORE) {
        size_t room = HTTP1_HEAD_BYTES_MAX - head->bytes.len;
        const char *end = memchr(in->data, '\n', in->len);
        size_t n = end ? (size_t)(end - in->data) + 1 : in->len;
        if (n > room)
            return head->start_line ? HTTP1_HEAD_TOO_LONG : HTTP1_HEAD_BAD;
        buf_add(&head->bytes, in->data, n);
        *in = bytes_skip(*in, n);
        result = end ? end_line(head, direction) : unfinished_line(head, direction);
    }
    return result;
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
    const char *comma = memchr(list->data, ',', list->len);
    struct bytes item = {list->data, comma ? (size_t)(comma - list->data) : list->len};
    *list = bytes_skip(*list, item.len + 1);
    return trim(item);
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
    struct bytes name = trim((struct bytes){line.data, n});
    if (http1_is_token(name))
        add_header(fields, name, trim(bytes_skip(line, n + 1)));
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
    (void)read_start_line(direction, (struct bytes){text, n}, ret_fields);
    for (size_t at = n + 1; at < len; at += n + 1) {
        n = unfold(text + at, len - at);
        read_header((struct bytes){text + at, n}, ret_fields);
    }
}

/* ---- sniffing ---- */

/* Methods registered with IANA that servers meet, and PURGE of the caches. */
static const char *const methods[] = {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH",
    "CONNECT", "TRACE", "QUERY", "PURGE", "PROPFIND", "PROPPATCH", "MKCOL", "MKCALENDAR", "COPY",
    "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL", "BIND", "UNBIND", "REBIND", "LINK",
    "UNLINK", "CHECKIN", "CHECKOUT", "LABEL", "MERGE", "MKACTIVITY", "MKWORKSPACE", "ORDERPATCH",
    "UNCHECKOUT", "UPDATE", "VERSION-CONTROL", "BASELINE-CONTROL", NULL};

bool http1_is_method(struct bytes b)
{
    for (const char *const *m = methods; *m; m++)
        if (bytes_equal(b, bytes_of(*m)))
            return true;
    return false;
}

static enum sniff sniff_prefix(struct bytes b, const char *prefix)
{
    size_t n = strlen(prefix), common = b.len < n ? b.len : n;
    if (common && strncasecmp(b.data, prefix, common) != 0)
        return SNIFF_NO;
    return b.len >= n ? SNIFF_YES : SNIFF_MORE;
}

static enum sniff sniff_target(const char *method, struct bytes target)
{
    if (!target.len)
        return SNIFF_MORE;
    char c = target.data[0];
    if (strcmp(method, "CONNECT") == 0)
        return c == '[' || (is_token_char(c) && c != '*') ? SNIFF_YES : SNIFF_NO;
    if (c == '/' || (c == '*' && strcmp(method, "OPTIONS") == 0))
        return SNIFF_YES;
    enum sniff http = sniff_prefix(target, "http://"), https = sniff_prefix(target, "https://");
    return http > https ? http : https;
}

static enum sniff sniff_method(const char *method, struct bytes b)
{
    size_t n = strlen(method), common = b.len < n ? b.len : n;
    if (memcmp(b.data, method, common) != 0)
        return SNIFF_NO;
    if (b.len <= n)
        return b.len >= 8 ? SNIFF_YES : SNIFF_MORE;
    return b.data[n] == ' ' ? sniff_target(method, bytes_skip(b, n + 1)) : SNIFF_NO;
}

enum sniff http1_head_sniff(enum direction direction, struct bytes b)
{
    if (direction == TO_CLIENT)
        return b.len && !may_be_start_line(TO_CLIENT, b) ? SNIFF_NO
               : b.len < 7                               ? SNIFF_MORE
                                                         : SNIFF_YES;
    while (b.len && (b.data[0] == '\r' || b.data[0] == '\n'))
        b = bytes_skip(b, 1);
    if (!b.len)
        return SNIFF_MORE;
    enum sniff best = SNIFF_NO;
    for (const char *const *m = methods; *m && best != SNIFF_YES; m++) {
        enum sniff sniff = sniff_method(*m, b);
        best = sniff > best ? sniff : best;
    }
    return best;
}
