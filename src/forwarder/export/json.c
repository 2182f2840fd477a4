#include "export/json.h"

#include <math.h>
#include <string.h>

#include "export/utf8.h"

/* A comma unless something has just begun: a string's own '{' is followed by its quote. */
static void separate(struct buf *b)
{
    char last = b->len ? b->data[b->len - 1] : '\n';
    if (last != '{' && last != '[' && last != ':' && last != ',' && last != '\n')
        buf_putc(b, ',');
}

static void add_key(struct buf *b, const char *key)
{
    separate(b);
    if (!key)
        return;
    size_t len = strlen(key);
    buf_reserve(b, len + 3);
    char *at = b->data + b->len;
    *at++ = '"';
    at = mempcpy(at, key, len);
    memcpy(at, "\":", sizeof "\":");
    b->len += len + 3;
}

static size_t begin(struct buf *b, const char *key, char bracket)
{
    size_t at = b->len;
    add_key(b, key);
    buf_putc(b, bracket);
    return at;
}

size_t json_object(struct buf *b, const char *key)
{
    return begin(b, key, '{');
}

size_t json_array(struct buf *b, const char *key)
{
    return begin(b, key, '[');
}

/* The bracket that is still open where nothing follows it, 0 otherwise. */
static char just_begun(const struct buf *b)
{
    char last = b->data[b->len - 1];
    return last == '{' || last == '[' ? last : 0;
}

/* Which bracket began it: the first one behind the key, which holds none. */
static char closing(const struct buf *b, size_t at)
{
    return b->data[at + strcspn(b->data + at, "{[")] == '{' ? '}' : ']';
}

void json_end(struct buf *b, size_t at)
{
    if (just_begun(b)) {
        b->len = at;
        b->data[at] = '\0';
        return;
    }
    json_end_kept(b, at);
}

void json_end_kept(struct buf *b, size_t at)
{
    buf_putc(b, closing(b, at));
}

/* ---- strings ---- */

/* Whether one of the eight bytes is a control character, a quote, a backslash or not ASCII. May say
 * so of a byte above such a one only, which does no harm (Hacker's Delight, 6-1). */
static bool any_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    uint64_t below = word - ones * 0x20;
    return ((below | (quote - ones) | (backslash - ones)) & ~word & tops) || (word & tops);
}

static bool special(unsigned char c)
{
    return c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
}

static bool special_in_word(const char *s)
{
    uint64_t word;
    memcpy(&word, s, sizeof word);
    return any_special(word);
}

static size_t plain_run(const char *s, size_t n)
{
    size_t i = 0;
    while (i + 8 <= n && !special_in_word(s + i))
        i += 8;
    if (i && i + 8 > n && !special_in_word(s + n - 8))
        return n;
    while (i < n && !special((unsigned char)s[i]))
        i++;
    return i;
}

static void add_escaped(struct buf *b, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (c >= 0x20)
        buf_add(b, (char[]){'\\', (char)c}, 2);
    else if (letters[c])
        buf_add(b, (char[]){'\\', letters[c]}, 2);
    else
        buf_add(b, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

/* One character that is not plain; returns its bytes. */
static size_t add_special(struct buf *b, const char *s, size_t n)
{
    uint32_t code;
    if ((unsigned char)*s < 0x80) {
        add_escaped(b, (unsigned char)*s);
        return 1;
    }
    size_t len = utf8_char(s, n, &code);
    if (len == 0) {
        buf_puts(b, UTF8_REPLACEMENT);
        return utf8_bad(s, n);
    }
    buf_add(b, s, len);
    return len;
}

static void add_text(struct buf *b, const char *s, size_t n)
{
    while (n > 0) {
        size_t len = plain_run(s, n);
        buf_add(b, s, len);
        if (len < n)
            len += add_special(b, s + len, n - len);
        s += len;
        n -= len;
    }
}

/* Bytes of the first max characters, counted as they will be written. */
static size_t chars_to_bytes(const char *s, size_t n, size_t max)
{
    size_t i = 0;
    uint32_t code;
    for (; i < n && max > 0; max--) {
        size_t len = utf8_char(s + i, n - i, &code);
        i += len ? len : utf8_bad(s + i, n - i);
    }
    return i;
}

void json_string(struct buf *b, const char *key, const char *value, size_t max_chars)
{
    if (!value)
        return;
    size_t n = strlen(value);
    bool cut = n > max_chars && chars_to_bytes(value, n, max_chars) < n;
    if (cut)
        n = chars_to_bytes(value, n, max_chars - 1);
    add_key(b, key);
    buf_reserve(b, n + 5);
    buf_putc(b, '"');
    add_text(b, value, n);
    if (cut)
        buf_puts(b, UTF8_ELLIPSIS);
    buf_putc(b, '"');
}

void json_key(struct buf *b, const char *key)
{
    size_t n = strlen(key);
    separate(b);
    buf_putc(b, '"');
    add_text(b, key, n > JSON_KEYWORD ? chars_to_bytes(key, n, JSON_KEYWORD) : n);
    buf_puts(b, "\":");
}

void json_label_key(struct buf *b, const char *key)
{
    separate(b);
    size_t from = b->len + 1;
    json_key(b, key);
    for (size_t i = from; i < b->len - 2; i++)
        if (strchr(".*\"\\", b->data[i]))
            b->data[i] = '_';
}

/* ---- numbers ---- */

static void add_digits(struct buf *b, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    buf_add(b, digits + at, sizeof digits - at);
}

void json_integer(struct buf *b, const char *key, int64_t value)
{
    add_key(b, key);
    if (value < 0)
        buf_putc(b, '-');
    add_digits(b, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_number(struct buf *b, const char *key, double value)
{
    const double exact = 9007199254740992.0; /* integers up to here are what they seem */
    const double largest = 1e308;            /* beyond it rounding may end where no number is */
    if (!isfinite(value))
        return;
    if (fabs(value) > largest)
        value = copysign(largest, value);
    if (value == floor(value) && fabs(value) < exact) {
        json_integer(b, key, (int64_t)value);
        return;
    }
    add_key(b, key);
    buf_printf(b, "%.15g", value);
}

void json_bool(struct buf *b, const char *key, bool value)
{
    add_key(b, key);
    buf_puts(b, value ? "true" : "false");
}

void json_milliseconds(struct buf *b, const char *key, uint64_t ns)
{
    char fraction[7] = ".000000";
    uint64_t rest = ns % 1000000;
    size_t len = sizeof fraction;
    add_key(b, key);
    add_digits(b, ns / 1000000);
    if (!rest)
        return;
    for (size_t i = len; --i > 0; rest /= 10)
        fraction[i] = (char)('0' + rest % 10);
    while (fraction[len - 1] == '0')
        len--;
    buf_add(b, fraction, len);
}

void json_hex(struct buf *b, const char *key, const uint8_t *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    add_key(b, key);
    buf_reserve(b, n * 2 + 2);
    buf_putc(b, '"');
    for (size_t i = 0; i < n; i++) {
        b->data[b->len++] = hex[bytes[i] >> 4];
        b->data[b->len++] = hex[bytes[i] & 15];
    }
    buf_putc(b, '"');
}

void json_hex64(struct buf *b, const char *key, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 8; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
    json_hex(b, key, bytes, sizeof bytes);
}

void json_raw(struct buf *b, const char *key, const char *json, size_t len)
{
    add_key(b, key);
    buf_add(b, json, len);
}
