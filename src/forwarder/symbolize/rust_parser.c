#include "symbolize/rust_parser.h"

#include <ctype.h>
#include <string.h>

#include "symbolize/rust_text.h"

enum { DEPTH_MAX = 128, STEPS_MAX = 16384, OUT_MAX = 4096 };

void rust_fail(struct rust_parser *p)
{
    p->failed = true;
    p->at = p->len;
}

void rust_show(struct rust_parser *p, const char *s)
{
    if (!p->quiet && !p->failed)
        buf_puts(&p->out, s);
    if (p->out.len > OUT_MAX)
        rust_fail(p);
}

char rust_peek(const struct rust_parser *p)
{
    return p->at < p->len ? p->text[p->at] : '\0';
}

char rust_next(struct rust_parser *p)
{
    char c = rust_peek(p);
    if (!c)
        rust_fail(p);
    else
        p->at++;
    return c;
}

bool rust_skip(struct rust_parser *p, char c)
{
    bool there = rust_peek(p) == c && !p->failed;
    p->at += there;
    return there;
}

bool rust_enter(struct rust_parser *p)
{
    if (++p->depth > DEPTH_MAX || ++p->steps > STEPS_MAX)
        rust_fail(p);
    return !p->failed;
}

uint64_t rust_read_base62(struct rust_parser *p)
{
    uint64_t value = 0;
    if (rust_skip(p, '_'))
        return 0;
    while (!p->failed && !rust_skip(p, '_')) {
        char c = rust_next(p);
        uint64_t digit = isdigit((unsigned char)c)   ? (uint64_t)(c - '0')
                         : islower((unsigned char)c) ? (uint64_t)(c - 'a') + 10
                         : isupper((unsigned char)c) ? (uint64_t)(c - 'A') + 36
                                                     : UINT64_MAX;
        if (digit == UINT64_MAX || __builtin_mul_overflow(value, 62, &value) ||
            __builtin_add_overflow(value, digit, &value))
            rust_fail(p);
    }
    if (__builtin_add_overflow(value, 1, &value))
        rust_fail(p);
    return value;
}

uint64_t rust_read_optional62(struct rust_parser *p, char tag)
{
    return rust_skip(p, tag) ? rust_read_base62(p) + 1 : 0;
}

struct rust_identifier rust_read_identifier(struct rust_parser *p)
{
    struct rust_identifier identifier = {.name = {"", 0}, .punycode = rust_skip(p, 'u')};
    size_t len = 0;
    if (!isdigit((unsigned char)rust_peek(p)))
        rust_fail(p);
    if (!rust_skip(p, '0'))
        while (isdigit((unsigned char)rust_peek(p)) && len < p->len)
            len = len * 10 + (size_t)(rust_next(p) - '0');
    rust_skip(p, '_');
    if (len > p->len - p->at)
        rust_fail(p);
    if (!p->failed) {
        identifier.name = (struct bytes){p->text + p->at, len};
        p->at += len;
    }
    return identifier;
}

void rust_show_identifier(struct rust_parser *p, struct rust_identifier identifier)
{
    if (p->quiet || p->failed)
        return;
    if (!identifier.punycode)
        buf_add(&p->out, identifier.name.data, identifier.name.len);
    else if (!rust_add_punycode(identifier.name, &p->out))
        rust_fail(p);
}
