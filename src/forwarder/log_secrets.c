#include "log_secrets.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/arena.h"
#include "private/text.h"
#include "private/user.h"

enum {
    SECRETS_MAX = 512,
    ANYWHERE_LEAST = 4 /* shorter ones would mask half of every message: they count as words */
};

static struct {
    struct arena arena;
    struct bytes items[SECRETS_MAX];
    size_t count;
} secrets;

static void add(struct bytes secret)
{
    for (size_t i = 0; i < secrets.count; i++)
        if (bytes_equal(secrets.items[i], secret))
            return;
    if (secret.len && secrets.count < SECRETS_MAX)
        secrets.items[secrets.count++] =
            (struct bytes){arena_bytes(&secrets.arena, secret), secret.len};
}

static void add_buf(const struct buf *b)
{
    add((struct bytes){b->data, b->len});
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* As Authorization has a user and password. Without the last characters, which depend on what
 * follows. */
static void add_base64(struct bytes secret)
{
    struct buf b = {0};
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < secret.len; i++) {
        bits = bits << 8 | (unsigned char)secret.data[i];
        for (count += 8; count >= 6; count -= 6)
            buf_putc(&b, digits[bits >> (count - 6) & 63]);
    }
    if (b.len >= ANYWHERE_LEAST)
        add_buf(&b);
    buf_free(&b);
}

/* What a key in base64 means: "id:key". */
static void add_meaning_of_base64(struct bytes secret)
{
    struct buf b = {0};
    unsigned bits = 0, count = 0;
    for (size_t i = 0; i < secret.len; i++) {
        const char *digit = secret.data[i] ? strchr(digits, secret.data[i]) : NULL;
        if (!digit)
            break;
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_putc(&b, (char)(bits >> count & 0xff));
        }
    }
    const char *colon = b.len ? memchr(b.data, ':', b.len) : NULL;
    if (colon && b.len - (size_t)(colon - b.data) > ANYWHERE_LEAST) {
        add_buf(&b);
        add(bytes_skip((struct bytes){b.data, b.len}, (size_t)(colon + 1 - b.data)));
    }
    buf_free(&b);
}

/* As documents quote it. */
static void add_escaped(struct bytes secret, const char *special)
{
    struct buf b = {0};
    for (size_t i = 0; i < secret.len; i++) {
        if (strchr(special, secret.data[i]))
            buf_putc(&b, '\\');
        buf_putc(&b, secret.data[i]);
    }
    if (b.len > secret.len)
        add_buf(&b);
    buf_free(&b);
}

static void add_secret(struct bytes secret)
{
    add(secret);
    add_escaped(secret, "\"\\");
    add_escaped(secret, "\"\\/");
}

static void percent_decode(struct bytes secret, struct buf *out)
{
    struct units units;
    units_read(&units, secret);
    for (size_t i = 0; i < units.count; i++)
        buf_putc(out, units.items[i].c);
    units_free(&units);
}

/* libcurl ends a URL's host where the standard says: the rest of a password may be taken for one.
 */
static void add_pieces(struct bytes password)
{
    for (size_t i = 0, begin = 0; i <= password.len; i++) {
        if (i < password.len && !strchr("/?#@:,; ", password.data[i]))
            continue;
        if (i - begin >= ANYWHERE_LEAST)
            add((struct bytes){password.data + begin, i - begin});
        begin = i + 1;
    }
}

/* "user:password", or a token alone. */
static void add_user(struct bytes user)
{
    struct buf decoded = {0};
    percent_decode(user, &decoded);
    const struct bytes forms[] = {user, {decoded.data, decoded.len}};
    for (size_t i = 0; i < 2; i++) {
        const char *colon = forms[i].len ? memchr(forms[i].data, ':', forms[i].len) : NULL;
        size_t name = colon ? (size_t)(colon + 1 - forms[i].data) : 0;
        add_secret(forms[i]);
        add_secret(bytes_skip(forms[i], name));
        add_pieces(bytes_skip(forms[i], name));
    }
    add_base64(forms[1]);
    buf_free(&decoded);
}

/* A proxy's may have no scheme. */
static void add_url(struct bytes url)
{
    struct units units;
    struct user_search search = {0, 0};
    const char *slashes = memmem(url.data, url.len, "://", 3);
    if (slashes)
        url = bytes_skip(url, (size_t)(slashes + 3 - url.data));
    units_read(&units, url);
    size_t end = user_end(&units, 0, 0, true, &search);
    add_user((struct bytes){url.data, units.items[end].begin});
    units_free(&units);
}

static void add_urls(const char *text)
{
    while (text && *text) {
        size_t len = strcspn(text, ", \t");
        if (len)
            add_url((struct bytes){text, len});
        text += len + (text[len] != '\0');
    }
}

void log_secrets_set(const struct options *options)
{
    static const char *const proxies[] = {
        "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    arena_free(&secrets.arena);
    secrets.count = 0;
    add_secret(bytes_of(options->secret_token));
    add_secret(bytes_of(options->api_key));
    add_meaning_of_base64(bytes_of(options->api_key));
    add_urls(options->server_url);
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) {
        const char *proxy = getenv(proxies[i]);
        if (proxy)
            add_url(bytes_of(proxy));
    }
}

static bool in_word(struct bytes text, size_t at)
{
    return at < text.len && isalnum((unsigned char)text.data[at]);
}

static bool is_at(struct bytes secret, struct bytes text, size_t at)
{
    if (secret.len > text.len - at || memcmp(text.data + at, secret.data, secret.len) != 0)
        return false;
    return secret.len >= ANYWHERE_LEAST ||
           (!(at && in_word(text, at - 1)) && !in_word(text, at + secret.len));
}

static size_t longest_at(struct bytes text, size_t at)
{
    size_t longest = 0;
    for (size_t i = 0; i < secrets.count; i++)
        if (secrets.items[i].len > longest && is_at(secrets.items[i], text, at))
            longest = secrets.items[i].len;
    return longest;
}

void log_secrets_mask(struct buf *text)
{
    static const struct text_rules by_form = {NULL, URL_FULL};
    struct bytes in = {text->data, text->len};
    struct buf out = {0};
    for (size_t at = 0; at < in.len;) {
        size_t n = longest_at(in, at);
        if (n)
            buf_puts(&out, SANITIZED);
        else
            buf_putc(&out, in.data[at]);
        at += n ? n : 1;
    }
    buf_clear(text);
    text_hide(&by_form, TEXT_ANY, (struct bytes){out.data, out.len}, text);
    buf_free(&out);
}
