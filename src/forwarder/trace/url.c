#include "trace/url.h"

#include <ctype.h>

#include "base/buf.h"
#include "private/units.h"
#include "private/user.h"
#include "trace/path_template.h"

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

/* However '@' and ':' are written. */
static struct bytes skip_user(struct bytes b, struct authority *authority)
{
    struct units units;
    size_t skipped = 0;
    bool colon = false;
    units_read(&units, b);
    for (size_t i = 0; i < units.count; i++) {
        colon |= units.items[i].c == ':';
        if (units.items[i].c == '@') {
            authority->has_user = true;
            authority->has_password = colon;
            skipped = units.items[i + 1].begin;
        }
    }
    units_free(&units);
    return bytes_skip(b, skipped);
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

bool url_is_authority(struct bytes text)
{
    return read_authority(text).host.len > 0;
}

/* Of what follows "//". */
static size_t authority_length(struct bytes b)
{
    struct units units;
    struct user_search search = {0, 0};
    units_read(&units, b);
    size_t user = units.items[user_end(&units, 0, 0, true, &search)].begin;
    units_free(&units);
    return user + until(bytes_skip(b, user), "/?#").len;
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
    *authority = (struct bytes){rest.data, authority_length(rest)};
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

static const char *shown(
    const struct privacy *privacy, struct arena *arena, enum text_kind kind, struct bytes text)
{
    struct buf out = {0};
    text_hide(&privacy->text, kind, text, &out);
    const char *kept = arena_bytes(arena, cut((struct bytes){out.data, out.len}));
    buf_free(&out);
    return kept;
}

/* What its template leaves out of it must not come back by the URL. */
static const char *path_shown(const struct privacy *privacy, struct arena *arena, struct bytes path)
{
    const char *hidden = shown(privacy, arena, TEXT_PATH, path);
    if (privacy->text.url != URL_TEMPLATE)
        return hidden;
    struct buf template = {0};
    path_template(bytes_of(hidden), &template);
    const char *kept = arena_bytes(arena, (struct bytes){template.data, template.len});
    buf_free(&template);
    return kept;
}

static struct bytes set_path(const struct privacy *privacy, struct arena *arena,
    struct bytes target, struct http_context *http)
{
    struct bytes path = until(target, "?#");
    struct bytes query = bytes_skip(target, path.len);
    if (!path.len)
        path = BYTES("/");
    http->path = path_shown(privacy, arena, path);
    if (privacy->text.url == URL_FULL && query.len && query.data[0] == '?')
        http->query = shown(privacy, arena, TEXT_QUERY, until(bytes_skip(query, 1), "#"));
    return cut(path);
}

/* Others are spelt by who plants them. */
static bool is_scheme(struct bytes b)
{
    static const char *const schemes[] = {"http", "https", "ws", "wss", "ftp"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (bytes_equal_nocase(b, bytes_of(schemes[i])))
            return true;
    return false;
}

struct bytes url_split(const struct privacy *privacy, struct arena *arena, struct bytes target,
    struct bytes scheme, struct bytes authority_text, struct http_context *ret_http)
{
    struct bytes path = BYTES("/");
    if (!target.len)
        target = BYTES("");
    ret_http->path = ret_http->query = NULL;
    if (!take_absolute(&target, &scheme, &authority_text) && is_authority(target))
        authority_text = target;
    else
        path = set_path(privacy, arena, target, ret_http);
    struct authority authority = read_authority(authority_text);
    ret_http->scheme = lower_case(arena, is_scheme(scheme) ? scheme : BYTES("http"));
    ret_http->host = authority.host.len ? arena_bytes(arena, authority.host) : NULL;
    ret_http->port = authority.port;
    ret_http->full_url = full_url(arena, &authority, ret_http);
    return path;
}
