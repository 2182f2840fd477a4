#include "symbolize/rust.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "symbolize/rust_text.h"

enum { HASH_BYTES = 17 /* h and 16 digits */ };

static bool is_hash(struct bytes part)
{
    if (part.len != HASH_BYTES || part.data[0] != 'h')
        return false;
    for (size_t i = 1; i < part.len; i++)
        if (!isxdigit((unsigned char)part.data[i]))
            return false;
    return true;
}

/* "$LT$" and its like, and "$u7b$". False: it is none of them. */
static bool add_escape(struct bytes name, struct buf *out)
{
    static const char *const escapes[][2] = {{"SP", "@"}, {"BP", "*"}, {"RF", "&"}, {"LT", "<"},
        {"GT", ">"}, {"LP", "("}, {"RP", ")"}, {"C", ","}};
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (bytes_equal(name, bytes_of(escapes[i][0]))) {
            buf_puts(out, escapes[i][1]);
            return true;
        }
    char digits[8] = {0}, *end;
    if (name.len < 2 || name.len >= sizeof digits || name.data[0] != 'u')
        return false;
    memcpy(digits, name.data + 1, name.len - 1);
    unsigned long c = strtoul(digits, &end, 16);
    return !*end && isxdigit((unsigned char)*digits) && c >= ' ' &&
           rust_add_character((uint32_t)c, out);
}

static bool add_part(struct bytes part, struct buf *out)
{
    if (part.len >= 2 && memcmp(part.data, "_$", 2) == 0)
        part = bytes_skip(part, 1);
    while (part.len) {
        if (part.data[0] == '$') {
            const char *end = memchr(part.data + 1, '$', part.len - 1);
            if (!end ||
                !add_escape((struct bytes){part.data + 1, (size_t)(end - part.data - 1)}, out))
                return false;
            part = bytes_skip(part, (size_t)(end + 1 - part.data));
        } else if (part.len >= 2 && memcmp(part.data, "..", 2) == 0) {
            buf_puts(out, "::");
            part = bytes_skip(part, 2);
        } else {
            buf_putc(out, part.data[0]);
            part = bytes_skip(part, 1);
        }
    }
    return true;
}

char *rust_demangle_legacy(const char *symbol)
{
    struct buf out = {0};
    struct bytes part = {NULL, 0};
    bool valid = strncmp(symbol, "_ZN", 3) == 0;
    for (const char *at = symbol + 3; valid && *at != 'E';) {
        char *end;
        size_t len = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : 0;
        if (!len || len > strlen(end))
            valid = false;
        if (valid && part.data) {
            if (out.len)
                buf_puts(&out, "::");
            valid = add_part(part, &out);
        }
        if (valid) {
            part = (struct bytes){end, len};
            at = end + len;
        }
    }
    if (valid && is_hash(part) && out.len)
        return buf_take(&out);
    buf_free(&out);
    return NULL;
}
