#include "trace/path_template.h"

#include <ctype.h>

enum { HEX_DIGITS_MIN = 8, NUMBER_DIGITS_MIN = 4, TOKEN_BYTES_MIN = 20, SEGMENT_BYTES_MAX = 40 };

#define VARIABLE ":id"

/* What a text consists of. */
struct letters {
    size_t digits, hex, lower, upper, inner, others; /* hex: a to f; inner: "-_~=" */
};

static bool is_inner(char c)
{
    return c == '-' || c == '_' || c == '~' || c == '=';
}

static struct letters count_letters(struct bytes b)
{
    struct letters n = {0};
    for (size_t i = 0; i < b.len; i++) {
        char c = b.data[i];
        if (c >= 'a' && c <= 'z') {
            n.lower++;
            n.hex += c <= 'f';
        } else if (c >= '0' && c <= '9') {
            n.digits++;
        } else if (c >= 'A' && c <= 'Z') {
            n.upper++;
            n.hex += c <= 'F';
        } else if (is_inner(c)) {
            n.inner++;
        } else {
            n.others++;
        }
    }
    return n;
}

static bool consists_of(struct bytes b, const char *set)
{
    for (size_t i = 0; i < b.len; i++)
        if (!b.data[i] || !strchr(set, b.data[i]))
            return false;
    return true;
}

/* Numbers, dates, times of day, coordinates, addresses. */
static bool is_number(struct bytes b)
{
    size_t digits = count_letters(b).digits;
    return digits && (consists_of(b, "0123456789+-.,:_") ||
                         (digits >= 6 && consists_of(b, "0123456789+-.,:_TZtz")));
}

/* "decade", "facade" and "deadbeef" are words. */
static bool is_hex(struct bytes b)
{
    if (b.len > 2 && b.data[0] == '0' && (b.data[1] | 0x20) == 'x')
        b = bytes_skip(b, 2);
    struct letters n = count_letters(b);
    return n.digits && n.digits + n.hex >= HEX_DIGITS_MIN &&
           consists_of(b, "0123456789abcdefABCDEF-{}");
}

/* Words joined by hyphens have few digits; random ones have many, or all kinds of letters. */
static bool is_token(struct bytes b)
{
    struct letters n = count_letters(b);
    if (b.len < TOKEN_BYTES_MIN || n.others || !n.digits || !(n.lower + n.upper))
        return false;
    return !n.inner || n.digits >= 4 || (n.lower && n.upper && n.digits >= 2);
}

static bool is_text(struct bytes b)
{
    if (b.len > SEGMENT_BYTES_MAX)
        return true;
    for (size_t i = 0; i < b.len; i++) {
        unsigned char c = (unsigned char)b.data[i];
        if (c == '%' || c <= ' ' || c > '~' || (c == '@' && i > 0))
            return true;
    }
    return false;
}

static bool is_variable(struct bytes b)
{
    return b.len && (is_number(b) || is_hex(b) || is_token(b));
}

/* "html", "gz", "mp3", not "0" of "3.6.0". */
static bool is_extension(struct bytes b)
{
    if (!b.len || b.len > 5 || !isalpha((unsigned char)b.data[0]))
        return false;
    struct letters n = count_letters(b);
    return !n.inner && !n.others;
}

static void add_piece(struct bytes piece, char before, struct buf *out)
{
    bool number = piece.len && consists_of(piece, "0123456789");
    bool counts = piece.len >= NUMBER_DIGITS_MIN || before == '(' || before == '=' || before == ',';
    if (number ? counts : is_hex(piece) || is_token(piece))
        buf_puts(out, VARIABLE);
    else
        buf_add(out, piece.data, piece.len);
}

/* One part between dots: the pieces between what is neither letter nor digit. */
static void add_part(struct bytes part, struct buf *out)
{
    char before = '\0';
    if (is_hex(part) || is_token(part)) {
        buf_puts(out, VARIABLE);
        return;
    }
    while (part.len) {
        size_t n = 0;
        while (n < part.len && isalnum((unsigned char)part.data[n]))
            n++;
        add_piece((struct bytes){part.data, n}, before, out);
        part = bytes_skip(part, n);
        if (!part.len)
            break;
        before = part.data[0];
        buf_putc(out, before);
        part = bytes_skip(part, 1);
    }
}

/* "app.3f2a1b9c.js": the parts between the dots, of which the last is what kind of file it is. */
static void add_file(struct bytes name, struct bytes extension, struct buf *out)
{
    if (is_variable(name)) {
        buf_puts(out, VARIABLE);
        name.len = 0;
    }
    while (name.len) {
        const char *dot = memchr(name.data, '.', name.len);
        struct bytes part = {name.data, dot ? (size_t)(dot - name.data) : name.len};
        add_part(part, out);
        if (dot)
            buf_putc(out, '.');
        name = bytes_skip(name, part.len + 1);
    }
    buf_add(out, extension.data, extension.len);
}

/* "1.0", "2.11.3": short numbers, of which interfaces have names, and measurements seldom. */
static bool is_version(struct bytes b)
{
    size_t dots = 0, digits = 0;
    for (size_t i = 0; i < b.len; i++) {
        bool digit = isdigit((unsigned char)b.data[i]);
        if (digit ? ++digits > 2 : b.data[i] != '.' || !digits)
            return false;
        dots += !digit;
        digits = digit ? digits : 0;
    }
    return digits && dots >= 1 && dots <= 2;
}

void path_template_segment(struct bytes segment, struct buf *out)
{
    const char *dot = memrchr(segment.data, '.', segment.len);
    struct bytes name = segment, extension = {NULL, 0};
    if (dot && is_extension(bytes_skip(segment, (size_t)(dot - segment.data) + 1))) {
        name.len = (size_t)(dot - segment.data);
        extension = bytes_skip(segment, name.len);
    }
    if (is_version(segment))
        buf_add(out, segment.data, segment.len);
    else if (is_text(name) || is_variable(segment))
        buf_puts(out, VARIABLE);
    else
        add_file(name, extension, out);
}

/* "/api/2/issue" is of version 2; "/api/2" may be the second of something. */
static bool is_version_behind(struct bytes segment, struct bytes before)
{
    return segment.len <= 2 && consists_of(segment, "0123456789") &&
           (bytes_equal_nocase(before, BYTES("api")) || bytes_equal_nocase(before, BYTES("rest")));
}

/* What follows a script in the path is for it alone to read. An index is asked for every page of
 * its service: there it is the route. */
static bool is_script(struct bytes segment)
{
    static const char *const extensions[] = {
        ".php", ".cgi", ".fcgi", ".pl", ".asp", ".aspx", ".ashx", ".cfm"};
    const char *dot = memrchr(segment.data, '.', segment.len);
    struct bytes name = {segment.data, dot ? (size_t)(dot - segment.data) : 0};
    if (!name.len || bytes_equal_nocase(name, BYTES("index")))
        return false;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (bytes_equal_nocase(bytes_skip(segment, name.len), bytes_of(extensions[i])))
            return true;
    return false;
}

struct segments {
    size_t count; /* those beyond the limit are not kept */
    struct bytes items[PATH_TEMPLATE_SEGMENTS_MAX];
};

static void add_segment(const struct segments *segments, size_t index, struct buf *out)
{
    struct bytes segment = segments->items[index];
    if (index && index + 1 < segments->count &&
        is_version_behind(segment, segments->items[index - 1]))
        buf_add(out, segment.data, segment.len);
    else
        path_template_segment(segment, out);
}

static void push(struct segments *segments, struct bytes segment)
{
    const char *parameters = segment.len ? memchr(segment.data, ';', segment.len) : NULL;
    if (parameters)
        segment.len = (size_t)(parameters - segment.data);
    if (!segment.len || bytes_equal(segment, BYTES(".")))
        return;
    if (bytes_equal(segment, BYTES(".."))) {
        segments->count -= segments->count > 0;
        return;
    }
    if (segments->count < PATH_TEMPLATE_SEGMENTS_MAX)
        segments->items[segments->count] = segment;
    segments->count++;
}

static void split(struct bytes path, struct segments *segments)
{
    size_t begin = 0;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.data[i];
        if (c == '?' || c == '#')
            path.len = i;
        else if (c == '/') {
            push(segments, (struct bytes){path.data + begin, i - begin});
            begin = i + 1;
        }
    }
    if (begin < path.len)
        push(segments, (struct bytes){path.data + begin, path.len - begin});
}

void path_template(struct bytes path, struct buf *out)
{
    struct segments segments = {0};
    struct buf text = {0};
    size_t kept = 0, limit = out->len + PATH_TEMPLATE_BYTES_MAX - strlen("/*");
    if (bytes_equal(path, BYTES("*"))) {
        buf_putc(out, '*');
        return;
    }
    split(path, &segments);
    for (; kept < segments.count && kept < PATH_TEMPLATE_SEGMENTS_MAX; kept++) {
        if (kept && is_script(segments.items[kept - 1]))
            break;
        buf_clear(&text);
        buf_putc(&text, '/');
        add_segment(&segments, kept, &text);
        if (out->len + text.len > limit)
            break;
        buf_add(out, text.data, text.len);
    }
    if (kept < segments.count || !segments.count)
        buf_puts(out, segments.count ? "/*" : "/");
    buf_free(&text);
}
