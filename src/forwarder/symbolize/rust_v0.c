#include "symbolize/rust.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/rust_parser.h"
#include "symbolize/rust_text.h"

static void read_path(struct rust_parser *p, bool is_value);
static void read_type(struct rust_parser *p);
static void read_const(struct rust_parser *p, bool is_value);

/* ---- what stands elsewhere in the name ---- */

static void read_reference(
    struct rust_parser *p, void (*read)(struct rust_parser *, bool), bool is_value)
{
    size_t here = p->at - 1; /* of the B */
    uint64_t target = rust_read_base62(p);
    if (target >= here)
        rust_fail(p);
    if (p->failed || p->quiet) /* what is not shown need not be followed */
        return;
    size_t back = p->at;
    p->at = (size_t)target;
    read(p, is_value);
    if (!p->failed)
        p->at = back;
}

static void read_type_again(struct rust_parser *p, bool is_value)
{
    (void)is_value;
    read_type(p);
}

/* ---- lifetimes ---- */

static void show_lifetime(struct rust_parser *p, uint64_t index)
{
    char name[24];
    uint64_t number = p->lifetimes - index;
    if (index > p->lifetimes) {
        rust_fail(p);
    } else if (!index) {
        rust_show(p, "'_");
    } else {
        if (number < 26)
            snprintf(name, sizeof name, "'%c", (char)('a' + number));
        else
            snprintf(name, sizeof name, "'_%" PRIu64, number);
        rust_show(p, name);
    }
}

/* "for<'a, 'b> "; returns how many it binds. */
static unsigned read_binder(struct rust_parser *p)
{
    enum { BOUND_MAX = 64 };
    uint64_t count = rust_read_optional62(p, 'G');
    if (count > BOUND_MAX)
        rust_fail(p);
    if (!count || p->failed)
        return 0;
    rust_show(p, "for<");
    for (uint64_t i = 0; i < count; i++) {
        rust_show(p, i ? ", " : "");
        p->lifetimes++;
        show_lifetime(p, 1);
    }
    rust_show(p, "> ");
    return (unsigned)count;
}

/* ---- paths ---- */

static void read_generic(struct rust_parser *p)
{
    if (rust_skip(p, 'L'))
        show_lifetime(p, rust_read_base62(p));
    else if (rust_skip(p, 'K'))
        read_const(p, false);
    else
        read_type(p);
}

static void read_generics(struct rust_parser *p)
{
    for (unsigned i = 0; !p->failed && !rust_skip(p, 'E'); i++) {
        rust_show(p, i ? ", " : "");
        read_generic(p);
    }
}

/* Where an implementation stands; its type says enough. */
static void skip_impl_path(struct rust_parser *p)
{
    p->quiet++;
    rust_read_optional62(p, 's');
    read_path(p, false);
    p->quiet--;
}

static void read_impl(struct rust_parser *p, char tag)
{
    if (tag != 'Y')
        skip_impl_path(p);
    rust_show(p, "<");
    read_type(p);
    if (tag != 'M') {
        rust_show(p, " as ");
        read_path(p, false);
    }
    rust_show(p, ">");
}

/* "{closure#0}", "{shim:drop#1}"; others by their name. */
static void read_nested(struct rust_parser *p, bool is_value)
{
    char space = rust_next(p), number[32];
    if (!isalpha((unsigned char)space))
        rust_fail(p);
    read_path(p, is_value);
    uint64_t disambiguator = rust_read_optional62(p, 's');
    struct rust_identifier name = rust_read_identifier(p);
    if (islower((unsigned char)space)) {
        rust_show(p, name.name.len ? "::" : "");
        rust_show_identifier(p, name);
        return;
    }
    char other[] = {space, '\0'};
    rust_show(p, "::{");
    rust_show(p, space == 'C' ? "closure" : space == 'S' ? "shim" : other);
    rust_show(p, name.name.len ? ":" : "");
    rust_show_identifier(p, name);
    snprintf(number, sizeof number, "#%" PRIu64 "}", disambiguator);
    rust_show(p, number);
}

static void read_path(struct rust_parser *p, bool is_value)
{
    if (!rust_enter(p))
        return;
    char tag = rust_next(p);
    if (tag == 'C') {
        rust_read_optional62(p, 's');
        rust_show_identifier(p, rust_read_identifier(p));
    } else if (tag == 'M' || tag == 'X' || tag == 'Y') {
        read_impl(p, tag);
    } else if (tag == 'N') {
        read_nested(p, is_value);
    } else if (tag == 'I') {
        read_path(p, is_value);
        rust_show(p, is_value ? "::<" : "<");
        read_generics(p);
        rust_show(p, ">");
    } else if (tag == 'B') {
        read_reference(p, read_path, is_value);
    } else {
        rust_fail(p);
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

static void read_abi(struct rust_parser *p)
{
    if (!rust_skip(p, 'K'))
        return;
    rust_show(p, "extern \"");
    if (rust_skip(p, 'C')) {
        rust_show(p, "C");
    } else {
        struct bytes name = rust_read_identifier(p).name;
        for (size_t i = 0; i < name.len; i++) {
            char c[] = {name.data[i] == '_' ? '-' : name.data[i], '\0'};
            rust_show(p, c);
        }
    }
    rust_show(p, "\" ");
}

static void read_function(struct rust_parser *p)
{
    unsigned bound = read_binder(p);
    if (rust_skip(p, 'U'))
        rust_show(p, "unsafe ");
    read_abi(p);
    rust_show(p, "fn(");
    read_generics(p);
    rust_show(p, ")");
    if (!rust_skip(p, 'u')) {
        rust_show(p, " -> ");
        read_type(p);
    }
    p->lifetimes -= bound;
}

/* "Iterator<Item = u8>": the bindings stand among the arguments. */
static void read_trait(struct rust_parser *p)
{
    bool open = rust_skip(p, 'I');
    unsigned count = 0;
    read_path(p, false);
    if (open) {
        rust_show(p, "<");
        for (; !p->failed && !rust_skip(p, 'E'); count++) {
            rust_show(p, count ? ", " : "");
            read_generic(p);
        }
    }
    while (rust_skip(p, 'p')) {
        rust_show(p, open ? ", " : "<");
        open = true;
        rust_show_identifier(p, rust_read_identifier(p));
        rust_show(p, " = ");
        read_type(p);
    }
    rust_show(p, open ? ">" : "");
}

static void read_dyn(struct rust_parser *p)
{
    rust_show(p, "dyn ");
    unsigned bound = read_binder(p);
    for (unsigned i = 0; !p->failed && !rust_skip(p, 'E'); i++) {
        rust_show(p, i ? " + " : "");
        read_trait(p);
    }
    p->lifetimes -= bound;
    if (rust_next(p) != 'L')
        rust_fail(p);
    uint64_t lifetime = rust_read_base62(p);
    if (lifetime) {
        rust_show(p, " + ");
        show_lifetime(p, lifetime);
    }
}

static void read_tuple(struct rust_parser *p)
{
    unsigned count = 0;
    rust_show(p, "(");
    for (; !p->failed && !rust_skip(p, 'E'); count++) {
        rust_show(p, count ? ", " : "");
        read_type(p);
    }
    rust_show(p, count == 1 ? ",)" : ")");
}

static void read_reference_type(struct rust_parser *p, char tag)
{
    rust_show(p, "&");
    if (rust_skip(p, 'L')) {
        uint64_t lifetime = rust_read_base62(p);
        if (lifetime) {
            show_lifetime(p, lifetime);
            rust_show(p, " ");
        }
    }
    rust_show(p, tag == 'Q' ? "mut " : "");
    read_type(p);
}

static void read_array(struct rust_parser *p, char tag)
{
    rust_show(p, "[");
    read_type(p);
    if (tag == 'A') {
        rust_show(p, "; ");
        read_const(p, true);
    }
    rust_show(p, "]");
}

static void read_type(struct rust_parser *p)
{
    if (!rust_enter(p))
        return;
    char tag = rust_next(p);
    const char *basic = basic_type(tag);
    if (basic) {
        rust_show(p, basic);
    } else if (tag == 'R' || tag == 'Q') {
        read_reference_type(p, tag);
    } else if (tag == 'P' || tag == 'O') {
        rust_show(p, tag == 'P' ? "*const " : "*mut ");
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
static struct bytes read_hex(struct rust_parser *p)
{
    size_t begin = p->at;
    while (isxdigit((unsigned char)rust_peek(p)) && !isupper((unsigned char)rust_peek(p)))
        p->at++;
    struct bytes digits = {p->text + begin, p->at - begin};
    if (!rust_skip(p, '_'))
        rust_fail(p);
    while (digits.len > 1 && digits.data[0] == '0')
        digits = bytes_skip(digits, 1);
    return digits;
}

static void show_number(struct rust_parser *p, struct bytes hex)
{
    char text[80], digits[20] = {0};
    if (hex.len > 16) {
        snprintf(text, sizeof text, "0x%.*s", hex.len < 40 ? (int)hex.len : 40, hex.data);
    } else {
        memcpy(digits, hex.data, hex.len);
        snprintf(text, sizeof text, "%" PRIu64, (uint64_t)strtoull(digits, NULL, 16));
    }
    rust_show(p, text);
}

static void show_character(struct rust_parser *p, uint64_t c)
{
    char code[32];
    if (c == '\'' || c == '\\')
        rust_show(p, c == '\\' ? "'\\\\'" : "'\\''");
    else if (c < ' ' || c == 0x7f) {
        snprintf(code, sizeof code, "'\\u{%" PRIx64 "}'", c);
        rust_show(p, code);
    } else {
        rust_show(p, "'");
        if (!p->quiet && !p->failed &&
            (c > UINT32_MAX || !rust_add_character((uint32_t)c, &p->out)))
            rust_fail(p);
        rust_show(p, "'");
    }
}

/* Numbers, characters and what is not told; not what has parts of its own, which needs a compiler
 * that is not stable. */
static void read_const(struct rust_parser *p, bool is_value)
{
    if (!rust_enter(p))
        return;
    char tag = rust_next(p);
    if (tag == 'B') {
        read_reference(p, read_const, is_value);
    } else if (tag == 'p') {
        rust_show(p, "_");
    } else if (tag && strchr("aslxnihtmyoj", tag)) {
        rust_show(p, strchr("aslxni", tag) && rust_skip(p, 'n') ? "-" : "");
        show_number(p, read_hex(p));
    } else if (tag == 'b' || tag == 'c') {
        struct bytes hex = read_hex(p);
        char digits[20] = {0};
        memcpy(digits, hex.data, hex.len < 16 ? hex.len : 16);
        uint64_t value = strtoull(digits, NULL, 16);
        if (hex.len > 16 || (tag == 'b' && value > 1))
            rust_fail(p);
        else if (tag == 'b')
            rust_show(p, value ? "true" : "false");
        else
            show_character(p, value);
    } else {
        rust_fail(p);
    }
    p->depth--;
}

/* ---- */

char *rust_demangle(const char *symbol)
{
    if (strncmp(symbol, "_R", 2) != 0 || !isupper((unsigned char)symbol[2]))
        return NULL;
    const char *text = symbol + 2;
    struct rust_parser p = {.text = text, .len = strcspn(text, ".$")};
    for (size_t i = 0; i < p.len; i++)
        if ((unsigned char)text[i] >= 0x80)
            return NULL;
    read_path(&p, true);
    if (!p.failed && isupper((unsigned char)rust_peek(&p))) { /* the crate that it was made in */
        p.quiet++;
        read_path(&p, false);
    }
    if (!p.failed && p.at == p.len && p.out.len)
        return buf_take(&p.out);
    buf_free(&p.out);
    return NULL;
}
