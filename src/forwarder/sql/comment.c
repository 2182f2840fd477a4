#include "sql/comment.h"
#include "sql/scan.h"

enum { NAME_BYTES_MAX = 64, VALUE_BYTES_MAX = 256 };

static struct bytes trim(struct bytes b)
{
    b = bytes_skip(b, scan_spaces(b));
    while (b.len && scan_is_space(b.data[b.len - 1]))
        b.len--;
    return b;
}

/* What stands between the marks of a comment; nothing where it never ends. */
static struct bytes inside(struct bytes comment)
{
    bool block = comment.data[0] == '/';
    bool ends = comment.len >= 4 && comment.data[comment.len - 1] == '/' &&
                comment.data[comment.len - 2] == '*';
    comment = bytes_skip(comment, 2);
    if (block)
        comment.len = ends ? comment.len - 2 : 0;
    return trim(comment);
}

static size_t span_of(struct bytes b, const char *others)
{
    size_t i = 0;
    while (i < b.len && !(b.data[i] & 0x80) &&
           (scan_is_letter(b.data[i]) || scan_is_digit(b.data[i]) ||
               (b.data[i] && strchr(others, b.data[i]))))
        i++;
    return i;
}

/* What programs say of themselves (sqlcommenter, Rails' query tags, Datadog), and numbers of
 * requests and statements. Any other name may be a person's. */
static bool is_known(struct bytes name)
{
    static const char *const names[] = {"action", "app", "app_name", "application", "controller",
        "controller_with_namespace", "db_driver", "dddb", "dddbs", "dde", "ddh", "ddps", "ddpv",
        "framework", "job", "line", "namespaced_controller", "pid", "route", "source_location",
        "traceparent", "tracestate", "correlation_id", "query_id", "req_id", "request_id",
        "request-id", "requestid", "span_id", "trace_id", "x-request-id", "x_request_id", "case",
        "c", "i", "id", "k", "n", "no", "nr", "num", "q", "r", "req", "request", "rid", "run", "s",
        "seq", "span", "step", "tag", "test", "thread", "trace", "worker", "xid"};
    return BYTES_ARE_ONE_OF(name, names);
}

/* An address, a query or something that was encoded twice. */
static bool is_plain(struct bytes value)
{
    static const char *const parts[] = {"%40", "%25", "%3a%2f", "%3f", "%3d", "://"};
    for (size_t i = 0; i < value.len; i++)
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            size_t len = strlen(parts[k]);
            if (value.len - i >= len && strncasecmp(value.data + i, parts[k], len) == 0)
                return false;
        }
    return true;
}

static bool take_pair(struct bytes *rest)
{
    size_t name = span_of(*rest, "_-.");
    char joint = scan_at(*rest, name);
    if (!name || name > NAME_BYTES_MAX || (joint != '=' && joint != ':') ||
        !is_known((struct bytes){rest->data, name}))
        return false;
    *rest = bytes_skip(*rest, name + 1);
    bool quoted = scan_at(*rest, 0) == '\'';
    *rest = bytes_skip(*rest, quoted);
    size_t value = span_of(*rest, "_-./:%+~");
    if (!value || value > VALUE_BYTES_MAX || !is_plain((struct bytes){rest->data, value}))
        return false;
    *rest = bytes_skip(*rest, value);
    if (quoted && scan_at(*rest, 0) != '\'')
        return false;
    *rest = bytes_skip(*rest, quoted);
    return true;
}

bool sql_comment_is_pairs(struct bytes comment)
{
    struct bytes rest = inside(comment);
    do {
        if (!take_pair(&rest))
            return false;
        size_t gap = 0;
        while (gap < rest.len &&
               (scan_is_space(rest.data[gap]) || rest.data[gap] == ',' || rest.data[gap] == ';'))
            gap++;
        if (rest.len && !gap)
            return false;
        rest = bytes_skip(rest, gap);
    } while (rest.len);
    return true;
}
