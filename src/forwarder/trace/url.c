#include "trace/url.h"

#include <ctype.h>

#include "base/buf.h"
#include "trace/sanitize.h"

enum { SCHEME_BYTES_MAX = 16, HOST_BYTES_MAX = 255 };

struct authority {
    struct bytes host; /* IPv6 without brackets */
    bool ipv6, has_user, has_password;
    int port; /* 0: not told */
};

static struct bytes until(struct bytes b, const char *delimiters)
{
    size_t n = 0;
    while (n < b.len && !(b.data[n] && strchr(delimiters, b.data[n])))
        n++;
    return (struct bytes){b.data, n};
}

static struct bytes cut(struct bytes b)
{
    return (struct bytes){b.data, b.len < URL_BYTES_MAX ? b.len : URL_BYTES_MAX};
}

static int read_port(struct bytes b)
{
    int port = 0;
    if (!b.len || b.len > 5)
        return 0;
    for (size_t i = 0; i < b.len; i++) {
        if (!isdigit((unsigned char)b.data[i]))
            return 0;
        port = port * 10 + (b.data[i] - '0');
    }
    return port <= 65535 ? port : 0;
}

/* Anybody may send anything as Host. */
static bool is_host(struct bytes b)
{
    if (!b.len || b.len > HOST_BYTES_MAX)
        return false;
    for (size_t i = 0; i < b.len; i++)
        if (!isalnum((unsigned char)b.data[i]) && !(b.data[i] && strchr(".-_:%~", b.data[i])))
            return false;
    return true;
}

static struct bytes skip_user(struct bytes b, struct authority *authority)
{
    const char *at = memrchr(b.data, '@', b.len);
    if (!at)
        return b;
    size_t n = (size_t)(at - b.data);
    authority->has_user = true;
    authority->has_password = memchr(b.data, ':', n) != NULL;
    return bytes_skip(b, n + 1);
}

static struct authority read_authority(struct bytes b)
{
    struct authority authority = {.port = 0};
    if (!b.len)
        return authority;
    b = skip_user(b, &authority);
    authority.ipv6 = b.len && b.data[0] == '[';
    authority.host = authority.ipv6 ? until(bytes_skip(b, 1), "]") : until(b, ":");
    struct bytes rest = bytes_skip(b, authority.host.len + (authority.ipv6 ? 2 : 0));
    if (rest.len && rest.data[0] == ':')
        authority.port = read_port(bytes_skip(rest, 1));
    if (!is_host(authority.host))
        return (struct authority){.port = 0};
    return authority;
}

/* Splits "scheme://authority" off the target. */
static bool take_absolute(struct bytes *target, struct bytes *scheme, struct bytes *authority)
{
    struct bytes name = until(*target, ":/?#");
    struct bytes rest = bytes_skip(*target, name.len);
    if (!name.len || name.len > SCHEME_BYTES_MAX || rest.len < 3 ||
        memcmp(rest.data, "://", 3) != 0)
        return false;
    *scheme = name;
    rest = bytes_skip(rest, 3);
    *authority = until(rest, "/?#");
    *target = bytes_skip(rest, authority->len);
    return true;
}

static const char *lower_case(struct arena *arena, struct bytes b)
{
    char *copy = arena_bytes(arena, b);
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static const char *full_url(
    struct arena *arena, const struct authority *authority, const struct http_context *http)
{
    if (!http->host)
        return NULL;
    struct buf url = {0};
    buf_puts(&url, http->scheme);
    buf_puts(&url, "://");
    if (authority->has_user)
        buf_puts(&url, authority->has_password ? SANITIZED ":" SANITIZED "@" : SANITIZED "@");
    buf_puts(&url, authority->ipv6 ? "[" : "");
    buf_puts(&url, http->host);
    buf_puts(&url, authority->ipv6 ? "]" : "");
    if (http->port)
        buf_printf(&url, ":%d", http->port);
    if (http->path && http->path[0] == '/')
        buf_puts(&url, http->path);
    if (http->query) {
        buf_putc(&url, '?');
        buf_puts(&url, http->query);
    }
    const char *kept = arena_bytes(arena, cut((struct bytes){url.data, url.len}));
    buf_free(&url);
    return kept;
}

/* As in CONNECT; any other target without a slash is the path of a bad request. */
static bool is_authority(struct bytes target)
{
    return target.len && target.data[0] != '/' && read_authority(target).port;
}

static void set_path(struct arena *arena, struct bytes target, struct http_context *http)
{
    struct bytes path = until(target, "?#");
    struct bytes query = bytes_skip(target, path.len);
    http->path = arena_bytes(arena, path.len ? cut(path) : BYTES("/"));
    if (query.len && query.data[0] == '?')
        http->query = arena_bytes(arena, cut(until(bytes_skip(query, 1), "#")));
}

void url_split(struct arena *arena, struct bytes target, struct bytes scheme,
    struct bytes authority_text, struct http_context *ret_http)
{
    if (!target.len)
        target = BYTES("");
    ret_http->path = ret_http->query = NULL;
    if (!take_absolute(&target, &scheme, &authority_text) && is_authority(target))
        authority_text = target;
    else
        set_path(arena, target, ret_http);
    struct authority authority = read_authority(authority_text);
    ret_http->scheme = lower_case(arena, scheme.len ? scheme : BYTES("http"));
    ret_http->host = authority.host.len ? arena_bytes(arena, authority.host) : NULL;
    ret_http->port = authority.port;
    ret_http->full_url = full_url(arena, &authority, ret_http);
}
