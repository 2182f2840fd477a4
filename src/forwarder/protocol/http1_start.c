#include "protocol/http1_start.h"

enum { METHOD_BYTES_MAX = 32, PROTOCOL_BYTES_MAX = 16, VERSION_BYTES = 8 };

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

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct bytes first_word(struct bytes b)
{
    size_t n = 0;
    while (n < b.len && b.data[n] != ' ' && !is_control(b.data[n]))
        n++;
    return (struct bytes){b.data, n};
}

/* ---- of requests ---- */

static bool is_method_text(struct bytes b)
{
    return http1_is_token(b) && b.len <= METHOD_BYTES_MAX;
}

static bool read_version(struct bytes text, struct bytes *ret_version)
{
    if (text.len != VERSION_BYTES || !bytes_start_with(text, BYTES("HTTP/1.")) ||
        !is_digit(text.data[7]))
        return false;
    *ret_version = bytes_skip(text, 5);
    return true;
}

/* A target may hold anything but control characters: some clients send spaces. */
static bool read_target(struct bytes target, struct bytes *ret_target)
{
    for (size_t i = 0; i < target.len; i++)
        if (is_control(target.data[i]))
            return false;
    *ret_target = bytes_trim(target);
    return ret_target->len > 0;
}

/* Before there were versions there was only this (RFC 1945, section 5.1). */
static bool read_simple_request(struct bytes line, struct http1_start *start)
{
    start->method = first_word(line);
    return bytes_equal(start->method, BYTES("GET")) &&
           read_target(bytes_skip(line, start->method.len), &start->target) &&
           start->target.data[0] == '/' && !memchr(start->target.data, ' ', start->target.len);
}

static bool read_request_line(struct bytes line, struct http1_start *start)
{
    const char *end = memchr(line.data, ' ', line.len);
    const char *last = memrchr(line.data, ' ', line.len);
    if (end && end == last)
        return read_simple_request(line, start);
    if (!end)
        return false;
    size_t method = (size_t)(end - line.data), version = (size_t)(last - line.data);
    start->method = (struct bytes){line.data, method};
    struct bytes target = {line.data + method, version - method};
    return is_method_text(start->method) && read_target(target, &start->target) &&
           read_version(bytes_skip(line, version + 1), &start->version);
}

/* The end of a cut authority may be that of a password. */
static bool is_target(struct bytes target)
{
    if (!target.len || target.data[0] == '/')
        return target.len > 0;
    const char *authority = memmem(target.data, target.len, "://", 3);
    if (!authority)
        return !memchr(target.data, ':', target.len) && !memchr(target.data, '@', target.len);
    size_t n = (size_t)(authority - target.data) + 3;
    return memchr(target.data + n, '/', target.len - n) != NULL;
}

void http1_start_guess(struct bytes line, struct http1_start *ret_start)
{
    struct bytes method = first_word(bytes_trim(line));
    *ret_start = (struct http1_start){.method = BYTES("?"), .target = BYTES("/")};
    if (!is_method_text(method))
        return;
    ret_start->method = method;
    size_t behind = (size_t)(method.data - line.data) + method.len;
    struct bytes target = first_word(bytes_skip_blanks(bytes_skip(line, behind)));
    if (is_target(target))
        ret_start->target = target;
}

bool http1_start_has_method(struct bytes line)
{
    struct bytes method = first_word(line);
    return is_method_text(method) && method.len < line.len;
}

bool http1_start_is_plain(struct bytes begin)
{
    static const char *const plain[] = {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"};
    struct bytes method = first_word(begin), target = bytes_skip(begin, method.len + 1);
    return BYTES_ARE_ONE_OF(method, plain) && target.len && target.data[0] == '/';
}

bool http1_start_is_cut(struct bytes line)
{
    struct bytes method = first_word(line), rest = bytes_skip(line, method.len);
    struct bytes target;
    return is_method_text(method) && rest.len > 1 && rest.data[0] == ' ' &&
           read_target(rest, &target);
}

/* ---- of responses ---- */

/* The name and version of a protocol, "HTTP/1.1"; some servers say "ICY" or what they please. */
static struct bytes protocol_name(struct bytes line)
{
    size_t n = 0;
    while (n < line.len && n < PROTOCOL_BYTES_MAX &&
           ((line.data[n] >= 'A' && line.data[n] <= 'Z') ||
               (n && (is_digit(line.data[n]) || line.data[n] == '/' || line.data[n] == '.'))))
        n++;
    return (struct bytes){line.data, n};
}

static bool read_status_line(struct bytes line, struct http1_start *start)
{
    struct bytes name = protocol_name(line);
    struct bytes rest = bytes_skip(line, name.len), code = bytes_skip_blanks(rest);
    int status = 0;
    if (!name.len || code.len == rest.len || code.len < 3 ||
        (code.len > 3 && !bytes_is_blank(code.data[3])))
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!is_digit(code.data[i]))
            return false;
        status = status * 10 + (code.data[i] - '0');
    }
    (void)read_version(name, &start->version);
    start->status = status;
    return status >= 100;
}

/* ---- of either ---- */

bool http1_start_read(enum direction direction, struct bytes line, struct http1_start *ret_start)
{
    *ret_start = (struct http1_start){.status = 0};
    line = bytes_trim(line);
    return direction == TO_SERVER ? read_request_line(line, ret_start)
                                  : read_status_line(line, ret_start);
}

static bool begins_like(struct bytes b, const char *text)
{
    size_t n = strlen(text);
    return memcmp(b.data, text, b.len < n ? b.len : n) == 0;
}

static bool may_be_status_line(struct bytes b)
{
    struct bytes rest = bytes_skip(b, protocol_name(b).len);
    if (rest.len == b.len)
        return false;
    struct bytes code = bytes_skip_blanks(rest);
    for (size_t i = 0; i < code.len && i < 3; i++)
        if (!is_digit(code.data[i]))
            return false;
    return !rest.len || code.len < rest.len;
}

bool http1_start_may_be(enum direction direction, bool sure, struct bytes begin)
{
    if (direction == TO_CLIENT)
        return sure ? may_be_status_line(begin) : begins_like(begin, "HTTP/1.");
    for (size_t i = 0; i < begin.len && i <= METHOD_BYTES_MAX; i++)
        if (!is_token_char(begin.data[i]))
            return i > 0 && begin.data[i] == ' ';
    return begin.len <= METHOD_BYTES_MAX;
}

/* ---- sniffing ---- */

/* Methods registered with IANA that servers meet, and those of caches, streams, UPnP and Vault. */
static const char *const methods[] = {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH",
    "CONNECT", "TRACE", "QUERY", "PURGE", "PROPFIND", "PROPPATCH", "MKCOL", "MKCALENDAR", "COPY",
    "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL", "BIND", "UNBIND", "REBIND", "LINK",
    "UNLINK", "CHECKIN", "CHECKOUT", "LABEL", "MERGE", "MKACTIVITY", "MKWORKSPACE", "ORDERPATCH",
    "UNCHECKOUT", "UPDATE", "VERSION-CONTROL", "BASELINE-CONTROL", "SUBSCRIBE", "UNSUBSCRIBE",
    "NOTIFY", "M-SEARCH", "SOURCE", "BAN", "LIST", NULL};

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
        return SNIFF_MORE;
    return b.data[n] == ' ' ? sniff_target(method, bytes_skip(b, n + 1)) : SNIFF_NO;
}

/* Any method at all, if the line ends as a request's. */
static enum sniff sniff_line(struct bytes b)
{
    const char *end = memchr(b.data, '\n', b.len);
    struct http1_start start;
    if (!http1_start_may_be(TO_SERVER, true, b))
        return SNIFF_NO;
    if (!end)
        return SNIFF_MORE;
    struct bytes line = {b.data, (size_t)(end - b.data)};
    return http1_start_read(TO_SERVER, line, &start) && start.version.len ? SNIFF_YES : SNIFF_NO;
}

static enum sniff sniff_request(struct bytes b)
{
    while (b.len && (b.data[0] == '\r' || b.data[0] == '\n'))
        b = bytes_skip(b, 1);
    if (!b.len)
        return SNIFF_MORE;
    enum sniff best = sniff_line(b);
    for (const char *const *m = methods; *m && best != SNIFF_YES; m++) {
        enum sniff sniff = sniff_method(*m, b);
        best = sniff > best ? sniff : best;
    }
    return best;
}

enum sniff http1_start_sniff(enum direction direction, struct bytes b)
{
    static const char version[] = "HTTP/1.";
    if (direction == TO_SERVER)
        return sniff_request(b);
    return b.len && !begins_like(b, version) ? SNIFF_NO
           : b.len < sizeof version - 1      ? SNIFF_MORE
                                             : SNIFF_YES;
}
