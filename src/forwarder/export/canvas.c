#include "export/canvas.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <wchar.h>

#include "export/utf8.h"

struct range {
    uint32_t first, last;
};

/* Controls, and what is invisible or turns the direction of the text around (Cc, Cf, Zl, Zp, Co).
 */
static const struct range harmful[] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x600, 0x605},
    {0x61c, 0x61c}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
    {0xe000, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff}};

static bool is_harmful(uint32_t code)
{
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful && code >= harmful[i].first; i++)
        if (code <= harmful[i].last)
            return true;
    return false;
}

/* What the C library knows of Unicode, whatever the service's locale is: 0 for what is drawn over
 * the character before it, negative for what is not printable. Where it has no UTF-8 locale,
 * characters are taken to be one column wide. */
static int code_columns(uint32_t code)
{
    static locale_t utf8;
    static bool tried;
    if (!tried)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    tried = true;
    if (!utf8)
        return 1;
    locale_t before = uselocale(utf8);
    int columns = wcwidth((wchar_t)code);
    uselocale(before);
    return columns;
}

enum { MARKS_MAX = 3 }; /* combining marks on one character; it would grow over its neighbours */

/* One character as it is shown: its bytes, how many of the source they stand for, and columns. */
struct shown {
    const char *bytes;
    size_t len, source_len;
    int columns;
};

/* *marks: those since the last other character. Begin with MARKS_MAX. */
static struct shown show(const char *s, size_t n, int *marks)
{
    uint32_t code;
    size_t len = utf8_char(s, n, &code);
    bool space = len && (code == '\n' || code == '\t' || code == '\r');
    bool shown = len && !space && !is_harmful(code);
    int columns = !shown || code < 0x7f ? 1 : code_columns(code);
    if (columns == 0)
        return (struct shown){s, (*marks)++ < MARKS_MAX ? len : 0, len, 0};
    *marks = 0;
    if (space)
        return (struct shown){" ", 1, len, 1};
    if (!shown || columns < 0)
        return (struct shown){
            UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT), len ? len : utf8_bad(s, n), 1};
    return (struct shown){s, len, len, columns};
}

static int columns_of(const char *s, size_t n)
{
    int columns = 0, marks = MARKS_MAX;
    for (size_t i = 0; i < n;) {
        struct shown one = show(s + i, n - i, &marks);
        columns += one.columns;
        i += one.source_len;
    }
    return columns;
}

int text_columns(const char *s)
{
    return s ? columns_of(s, strlen(s)) : 0;
}

size_t text_break(const char *s, size_t n, int columns)
{
    size_t i = 0, behind_space = 0;
    int used = 0, marks = MARKS_MAX;
    while (i < n) {
        struct shown one = show(s + i, n - i, &marks);
        if (one.bytes[0] == ' ')
            behind_space = i + one.source_len;
        if (used + one.columns > columns && i > 0)
            break;
        used += one.columns;
        i += one.source_len;
    }
    return i < n && behind_space ? behind_space : i;
}

/* ---- writing ---- */

static void begin_style(struct canvas *c, enum style style)
{
    static const char *const codes[] = {[STYLE_PLAIN] = NULL,
        [STYLE_STRONG] = "1",
        [STYLE_FAINT] = "2",
        [STYLE_GOOD] = "32",
        [STYLE_WARNING] = "33",
        [STYLE_BAD] = "1;31",
        [STYLE_DATABASE] = "36",
        [STYLE_CALL] = "35",
        [STYLE_OWN] = "34",
        [STYLE_KEYWORD] = "34"};
    if (c->color && codes[style])
        buf_printf(c->out, "\x1b[%sm", codes[style]);
}

static void end_style(struct canvas *c, enum style style)
{
    if (c->color && style != STYLE_PLAIN)
        buf_puts(c->out, "\x1b[0m");
}

int canvas_bytes(struct canvas *c, enum style style, const char *s, size_t n, int columns)
{
    int used = 0, marks = MARKS_MAX;
    if (columns <= 0 || n == 0)
        return 0;
    bool cut = columns_of(s, n) > columns;
    if (cut)
        columns--;
    begin_style(c, style);
    for (size_t i = 0; i < n;) {
        struct shown one = show(s + i, n - i, &marks);
        if (used + one.columns > columns)
            break;
        buf_add(c->out, one.bytes, one.len);
        used += one.columns;
        i += one.source_len;
    }
    if (cut) {
        buf_puts(c->out, UTF8_ELLIPSIS);
        used++;
    }
    end_style(c, style);
    c->column += used;
    return used;
}

int canvas_text(struct canvas *c, enum style style, const char *s, int columns)
{
    return s ? canvas_bytes(c, style, s, strlen(s), columns) : 0;
}

int canvas_left(const struct canvas *c)
{
    return c->width > c->column ? c->width - c->column : 0;
}

void canvas_to(struct canvas *c, int column)
{
    for (; c->column < column; c->column++)
        buf_putc(c->out, ' ');
}

void canvas_right(struct canvas *c, enum style style, const char *s, int column)
{
    int room = column - c->column, columns = text_columns(s);
    canvas_to(c, column - (columns < room ? columns : room));
    canvas_text(c, style, s, room);
}

void canvas_newline(struct canvas *c)
{
    while (c->out->len && c->out->data[c->out->len - 1] == ' ')
        c->out->data[--c->out->len] = '\0';
    buf_putc(c->out, '\n');
    c->column = 0;
}

const char *canvas_duration(char text[24], uint64_t ns)
{
    double us = (double)ns / 1e3, ms = us / 1e3;
    if (us < 999.5)
        snprintf(text, 24, "%.0f µs", us);
    else if (ms < 999.5)
        snprintf(text, 24, "%.*f ms", ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0, ms);
    else if (ms < 99950)
        snprintf(text, 24, "%.*f s", ms < 9995 ? 2 : 1, ms / 1e3);
    else
        snprintf(text, 24, "%" PRIu64 " s", ns / UINT64_C(1000000000));
    return text;
}
