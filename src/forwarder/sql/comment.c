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

static bool is_of_secret(struct bytes name)
{
    static const char *const parts[] = {"auth", "card", "cred", "email", "key", "mail", "name",
        "pass", "pwd", "secret", "session", "token", "user"};
    for (size_t i = 0; i < name.len; i++)
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            size_t len = strlen(parts[k]);
            if (name.len - i >= len && strncasecmp(name.data + i, parts[k], len) == 0)
                return true;
        }
    return false;
}

static bool take_pair(struct bytes *rest)
{
    size_t name = span_of(*rest, "_-.");
    char joint = scan_at(*rest, name);
    if (!name || name > NAME_BYTES_MAX || (joint != '=' && joint != ':') ||
        is_of_secret((struct bytes){rest->data, name}))
        return false;
    *rest = bytes_skip(*rest, name + 1);
    bool quoted = scan_at(*rest, 0) == '\'';
    *rest = bytes_skip(*rest, quoted);
    size_t value = span_of(*rest, "_-./:%+~");
    if (!value || value > VALUE_BYTES_MAX || memmem(rest->data, value, "%40", 3) ||
        memmem(rest->data, value, "://", 3))
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
