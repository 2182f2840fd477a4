#include "trace/forwarded.h"

#include "trace/url.h"

/* Takes what stands before the separator, which quotes hide. */
static struct bytes take(struct bytes *rest, char separator)
{
    bool quoted = false;
    size_t n = 0;
    for (; n < rest->len && (quoted || rest->data[n] != separator); n++)
        quoted ^= rest->data[n] == '"';
    struct bytes taken = {rest->data, n};
    *rest = bytes_skip(*rest, n < rest->len ? n + 1 : n);
    return bytes_trim(taken);
}

static struct bytes unquoted(struct bytes b)
{
    bool quoted = b.len >= 2 && b.data[0] == '"' && b.data[b.len - 1] == '"';
    return quoted ? (struct bytes){b.data + 1, b.len - 2} : b;
}

static void set_scheme(struct forwarded *told, struct bytes scheme)
{
    bool valid =
        bytes_equal_nocase(scheme, BYTES("https")) || bytes_equal_nocase(scheme, BYTES("http"));
    if (!told->scheme.len && valid)
        told->scheme = scheme;
}

static void set_host(struct forwarded *told, struct bytes host)
{
    if (!told->host.len && url_is_authority(host))
        told->host = host;
}

/* for=192.0.2.60;proto=https;host="shop.example:8443", for=10.0.0.1 */
static void read_forwarded(struct forwarded *told, struct bytes value)
{
    struct bytes element = take(&value, ',');
    while (element.len) {
        struct bytes pair = take(&element, ';'), name = take(&pair, '=');
        if (bytes_equal_nocase(name, BYTES("proto")))
            set_scheme(told, unquoted(bytes_trim(pair)));
        else if (bytes_equal_nocase(name, BYTES("host")))
            set_host(told, unquoted(bytes_trim(pair)));
    }
}

struct forwarded forwarded_by(const struct header_view *headers, size_t count)
{
    static const char *const schemes[] = {
        "X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Url-Scheme"};
    static const char *const switches[] = {"Front-End-Https", "X-Forwarded-Ssl"};
    struct forwarded told = {.scheme = {"", 0}, .host = {"", 0}};
    read_forwarded(&told, header_find(headers, count, BYTES("Forwarded")));
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct bytes value = header_find(headers, count, bytes_of(schemes[i]));
        set_scheme(&told, take(&value, ','));
    }
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (bytes_equal_nocase(header_find(headers, count, bytes_of(switches[i])), BYTES("on")))
            set_scheme(&told, BYTES("https"));
    struct bytes hosts = header_find(headers, count, BYTES("X-Forwarded-Host"));
    set_host(&told, take(&hosts, ','));
    return told;
}
