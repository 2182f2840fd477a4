#include "symbolize/rust.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "symbolize/rust_text.h"

enum { DEPTH_MAX = 128, STEPS_MAX = 16384, OUT_MAX = 4096 };

/* One name being read. What is wrong sets `failed`; all goes on harmlessly to the end then. */
struct parser {
    const char *text; /* behind "_R" */
    size_t len, at;
    struct buf out;
    unsigned depth, steps, quiet,
        lifetimes; /* quiet: nothing is shown; lifetimes: that are bound */
    bool failed;
};

static void read_path(struct parser *p, bool is_value);
static void read_type(struct parser *p);
static void read_const(struct parser *p, bool is_value);

static void fail(struct parser *p)
{
    p->failed = true;
    p->at = p->len;
}

static void show(struct parser *p, const char *s)
{
    if (!p->quiet && !p->failed)
        buf_puts(&p->out, s);
    if (p->out.len > OUT_MAX)
        fail(p);
}

static char peek(const struct parser *p)
{
    return p->at < p->len ? p->text[p->at] : '\0';
}

static char next(struct parser *p)
{
    char c = peek(p);
    if (!c)
        fail(p);
    else
        p->at++;
    return c;
}

static bool skip(struct parser *p, char c)
{
    bool there = peek(p) == c && !p->failed;
    p->at += there;
    return there;
}

static bool enter(struct parser *p)
{
    if (++p->depth > DEPTH_MAX || ++p->steps > STEPS_MAX)
        fail(p);
    return !p->failed;
}

/* "_" is 0, "0_" 1, "Z_" 62. */
static uint64_t read_base62(struct parser *p)
{
    uint64_t value = 0;
    if (skip(p, '_'))
        return 0;
    while (!p->failed && !skip(p, '_')) {
        char c = next(p);
        uint64_t digit = isdigit((unsigned char)c)   ? (uint64_t)(c - '0')
                         : islower((unsigned char)c) ? (uint64_t)(c - 'a') + 10
                         : isupper((unsigned char)c) ? (uint64_t)(c - 'A') + 36
                                                     : UINT64_MAX;
        if (digit == UINT64_MAX || __builtin_mul_overflow(value, 62, &value) ||
            __builtin_add_overflow(value, digit, &value))
            fail(p);
    }
    if (__builtin_add_overflow(value, 1, &value))
        fail(p);
    return value;
}

static uint64_t read_optional62(struct parser *p, char tag)
{
    return skip(p, tag) ? read_base62(p) + 1 : 0;
}

/* ---- identifiers ---- */

struct identifier {
    struct bytes name;
    bool punycode;
};

static struct identifier read_identifier(struct parser *p)
{
    struct identifier identifier = {.name = {"", 0}, .punycode = skip(p, 'u')};
    size_t len = 0;
    if (!isdigit((unsigned char)peek(p)))
        fail(p);
    if (!skip(p, '0'))
        while (isdigit((unsigned char)peek(p)) && len < p->len)
            len = len * 10 + (size_t)(next(p) - '0');
    skip(p, '_');
    if (len > p->len - p->at)
        fail(p);
    if (!p->failed) {
        identifier.name = (struct bytes){p->text + p->at, len};
        p->at += len;
    }
    return identifier;
}

static void show_identifier(struct parser *p, struct identifier identifier)
{
    if (p->quiet || p->failed)
        return;
    if (!identifier.punycode)
        buf_add(&p->out, identifier.name.data, identifier.name.len);
    else if (!rust_add_punycode(identifier.name, &p->out))
        fail(p);
}

/* ---- what stands elsewhere in the name ---- */

static void read_reference(struct parser *p, void (*read)(struct parser *, bool), bool is_value)
{
    size_t here = p->at - 1; /* of the B */
    uint64_t target = read_base62(p);
    if (target >= here)
        fail(p);
    if (p->failed || p->quiet) /* what is not shown need not be followed */
        return;
    size_t back = p->at;
    p->at = (size_t)target;
    read(p, is_value);
    if (!p->failed)
        p->at = back;
}

static void read_type_again(struct parser *p, bool is_value)
{
    (void)is_value;
    read_type(p);
}

/* ---- lifetimes ---- */

static void show_lifetime(struct parser *p, uint64_t index)
{
    char name[24];
    uint64_t number = p->lifetimes - index;
    if (index > p->lifetimes) {
        fail(p);
    } else if (!index) {
        show(p, "'_");
    } else {
        if (number < 26)
            snprintf(name, sizeof name, "'%c", (char)('a' + number));
        else
            snprintf(name, sizeof name, "'_%" PRIu64, number);
        show(p, name);
    }
}

/* "for<'a, 'b> "; returns how many it binds. */
static unsigned read_binder(struct parser *p)
{
    enum { BOUND_MAX = 64 };
    uint64_t count = read_optional62(p, 'G');
    if (count > BOUND_MAX)
        fail(p);
    if (!count || p->failed)
        return 0;
    show(p, "for<");
    for (uint64_t i = 0; i < count; i++) {
        show(p, i ? ", " : "");
        p->lifetimes++;
        show_lifetime(p, 1);
    }
    show(p, "> ");
    return (unsigned)count;
}

/* ---- paths ---- */

static void read_generic(struct parser *p)
{
    if (skip(p, 'L'))
        show_lifetime(p, read_base62(p));
    else if (skip(p, 'K'))
        read_const(p, false);
    else
        read_type(p);
}

static void read_generics(struct parser *p)
{
    for (unsigned i = 0; !p->failed && !skip(p, 'E'); i++) {
        show(p, i ? ", " : "");
        read_generic(p);
    }
}

/* Where an implementation stands; its type says enough. */
static void skip_impl_path(struct parser *p)
{
    p->quiet++;
    read_optional62(p, 's');
    read_path(p, false);
    p->quiet--;
}

static void read_impl(struct parser *p, char tag)
{
    if (tag != 'Y')
        skip_impl_path(p);
    show(p, "<");
    read_type(p);
    if (tag != 'M') {
        show(p, " as ");
        read_path(p, false);
    }
    show(p, ">");
}

/* "{closure#0}", "{shim:drop#1}"; others by their name. */
static void read_nested(struct parser *p, bool is_value)
{
    char space = next(p), number[32];
    if (!isalpha((unsigned char)space))
        fail(p);
    read_path(p, is_value);
    uint64_t disambiguator = read_optional62(p, 's');
    struct identifier name = read_identifier(p);
    if (islower((unsigned char)space)) {
        show(p, name.name.len ? "::" : "");
        show_identifier(p, name);
        return;
    }
    char other[] = {space, '\0'};
    show(p, "::{");
    show(p, space == 'C' ? "closure" : space == 'S' ? "shim" : other);
    show(p, name.name.len ? ":" : "");
    show_identifier(p, name);
    snprintf(number, sizeof number, "#%" PRIu64 "}", disambiguator);
    show(p, number);
}

static void read_path(struct parser *p, bool is_value)
{
    if (!enter(p))
        return;
    char tag = next(p);
    if (tag == 'C') {
        read_optional62(p, 's');
        show_identifier(p, read_identifier(p));
    } else if (tag == 'M' || tag == 'X' || tag == 'Y') {
        read_impl(p, tag);
    } else if (tag == 'N') {
        read_nested(p, is_value);
    } else if (tag == 'I') {
        read_path(p, is_value);
        show(p, is_value ? "::<" : "<");
        read_generics(p);
        show(p, ">");
    } else if (tag == 'B') {
        read_reference(p, read_path, is_value);
    } else {
        fail(p);
    }
    p->depth--;
}

/* ---- types ---- */

static const char *basic_type(char tag)
{
    static const char *const names[] = {['a'] = "i8",
        ['b'] = "bool",
        ['c'] = "char",
        ['d'] = "f64",
        ['e'] = "str",
        ['f'] = "f32",
        ['h'] = "u8",
        ['i'] = "isize",
        ['j'] = "usize",
        ['l'] = "i32",
        ['m'] = "u32",
        ['n'] = "i128",
        ['o'] = "u128",
        ['p'] = "_",
        ['s'] = "i16",
        ['t'] = "u16",
        ['u'] = "()",
        ['v'] = "...",
        ['x'] = "i64",
        ['y'] = "u64",
        ['z'] = "!"};
    return tag >= 'a' && tag <= 'z' ? names[(int)tag] : NULL;
}

static void read_abi(struct parser *p)
{
    if (!skip(p, 'K'))
        return;
    show(p, "extern \"");
    if (skip(p, 'C')) {
        show(p, "C");
    } else {
        struct bytes name = read_identifier(p).name;
        for (size_t i = 0; i < name.len; i++) {
            char c[] = {name.data[i] == '_' ? '-' : name.data[i], '\0'};
            show(p, c);
        }
    }
    show(p, "\" ");
}

static void read_function(struct parser *p)
{
    unsigned bound = read_binder(p);
    if (skip(p, 'U'))
        show(p, "unsafe ");
    read_abi(p);
    show(p, "fn(");
    read_generics(p);
    show(p, ")");
    if (!skip(p, 'u')) {
        show(p, " -> ");
        read_type(p);
    }
    p->lifetimes -= bound;
}

/* "Iterator<Item = u8>": the bindings stand among the arguments. */
static void read_trait(struct parser *p)
{
    bool open = skip(p, 'I');
    unsigned count = 0;
    read_path(p, false);
    if (open) {
        show(p, "<");
        for (; !p->failed && !skip(p, 'E'); count++) {
            show(p, count ? ", " : "");
            read_generic(p);
        }
    }
    while (skip(p, 'p')) {
        show(p, open ? ", " : "<");
        open = true;
        show_identifier(p, read_identifier(p));
        show(p, " = ");
        read_type(p);
    }
    show(p, open ? ">" : "");
}

static void read_dyn(struct parser *p)
{
    show(p, "dyn ");
    unsigned bound = read_binder(p);
    for (unsigned i = 0; !p->failed && !skip(p, 'E'); i++) {
        show(p, i ? " + " : "");
        read_trait(p);
    }
    p->lifetimes -= bound;
    if (next(p) != 'L')
        fail(p);
    uint64_t lifetime = read_base62(p);
    if (lifetime) {
        show(p, " + ");
        show_lifetime(p, lifetime);
    }
}

static void read_tuple(struct parser *p)
{
    unsigned count = 0;
    show(p, "(");
    for (; !p->failed && !skip(p, 'E'); count++) {
        show(p, count ? ", " : "");
        read_type(p);
    }
    show(p, count == 1 ? ",)" : ")");
}

static void read_reference_type(struct parser *p, char tag)
{
    show(p, "&");
    if (skip(p, 'L')) {
        uint64_t lifetime = read_base62(p);
        if (lifetime) {
            show_lifetime(p, lifetime);
            show(p, " ");
        }
    }
    show(p, tag == 'Q' ? "mut " : "");
    read_type(p);
}

static void read_array(struct parser *p, char tag)
{
    show(p, "[");
    read_type(p);
    if (tag == 'A') {
        show(p, "; ");
        read_const(p, true);
    }
    show(p, "]");
}

static void read_type(struct parser *p)
{
    if (!enter(p))
        return;
    char tag = next(p);
    const char *basic = basic_type(tag);
    if (basic) {
        show(p, basic);
    } else if (tag == 'R' || tag == 'Q') {
        read_reference_type(p, tag);
    } else if (tag == 'P' || tag == 'O') {
        show(p, tag == 'P' ? "*const " : "*mut ");
        read_type(p);
    } else if (tag == 'A' || tag == 'S') {
        read_array(p, tag);
    } else if (tag == 'T') {
        read_tuple(p);
    } else if (tag == 'F') {
        read_function(p);
    } else if (tag == 'D') {
        read_dyn(p);
    } else if (tag == 'B') {
        read_reference(p, read_type_again, false);
    } else if (!p->failed) {
        p->at--;
        read_path(p, false);
    }
    p->depth--;
}

/* ---- constants ---- */

/* Digits up to the underscore. */
static struct bytes read_hex(struct parser *p)
{
    size_t begin = p->at;
    while (isxdigit((unsigned char)peek(p)) && !isupper((unsigned char)peek(p)))
        p->at++;
    struct bytes digits = {p->text + begin, p->at - begin};
    if (!skip(p, '_'))
        fail(p);
    while (digits.len > 1 && digits.data[0] == '0')
        digits = bytes_skip(digits, 1);
    return digits;
}

static void show_number(struct parser *p, struct bytes hex)
{
    char text[80], digits[20] = {0};
    if (hex.len > 16) {
        snprintf(text, sizeof text, "0x%.*s", hex.len < 40 ? (int)hex.len : 40, hex.data);
    } else {
        memcpy(digits, hex.data, hex.len);
        snprintf(text, sizeof text, "%" PRIu64, (uint64_t)strtoull(digits, NULL, 16));
    }
    show(p, text);
}

static void show_character(struct parser *p, uint64_t c)
{
    char code[32];
    if (c == '\'' || c == '\\')
        show(p, c == '\\' ? "'\\\\'" : "'\\''");
    else if (c < ' ' || c == 0x7f) {
        snprintf(code, sizeof code, "'\\u{%" PRIx64 "}'", c);
        show(p, code);
    } else {
        show(p, "'");
        if (!p->quiet && !p->failed &&
            (c > UINT32_MAX || !rust_add_character((uint32_t)c, &p->out)))
            fail(p);
        show(p, "'");
    }
}

/* Numbers, characters and what is not told; not what has parts of its own, which needs a compiler
 * that is not stable. */
static void read_const(struct parser *p, bool is_value)
{
    if (!enter(p))
        return;
    char tag = next(p);
    if (tag == 'B') {
        read_reference(p, read_const, is_value);
    } else if (tag == 'p') {
        show(p, "_");
    } else if (tag && strchr("aslxnihtmyoj", tag)) {
        show(p, strchr("aslxni", tag) && skip(p, 'n') ? "-" : "");
        show_number(p, read_hex(p));
    } else if (tag == 'b' || tag == 'c') {
        struct bytes hex = read_hex(p);
        char digits[20] = {0};
        memcpy(digits, hex.data, hex.len < 16 ? hex.len : 16);
        uint64_t value = strtoull(digits, NULL, 16);
        if (hex.len > 16 || (tag == 'b' && value > 1))
            fail(p);
        else if (tag == 'b')
            show(p, value ? "true" : "false");
        else
            show_character(p, value);
    } else {
        fail(p);
    }
    p->depth--;
}

/* ---- */

char *rust_demangle(const char *symbol)
{
    if (strncmp(symbol, "_R", 2) != 0 || !isupper((unsigned char)symbol[2]))
        return NULL;
    const char *text = symbol + 2;
    struct parser p = {.text = text, .len = strcspn(text, ".$")};
    for (size_t i = 0; i < p.len; i++)
        if ((unsigned char)text[i] >= 0x80)
            return NULL;
    read_path(&p, true);
    if (!p.failed && isupper((unsigned char)peek(&p))) { /* the crate that it was made in */
        p.quiet++;
        read_path(&p, false);
    }
    if (!p.failed && p.at == p.len && p.out.len)
        return buf_take(&p.out);
    buf_free(&p.out);
    return NULL;
}
