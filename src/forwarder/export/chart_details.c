#include "export/chart.h"

#include <ctype.h>
#include <stdio.h>

#include "export/utf8.h"

enum {
    SQL_LINES_MAX = 6,
    SQL_LINES_MINOR = 2,
    APP_FRAMES_MAX = 6,
    MESSAGE_LINES_MAX = 3,
};

void chart_detail_line(struct chart *chart, int indent)
{
    if (chart->c.column)
        canvas_newline(&chart->c);
    canvas_to(&chart->c, chart->text + indent);
}

static size_t word_at(const char *s, size_t n)
{
    size_t len = 0;
    while (len < n && (isalnum((unsigned char)s[len]) || s[len] == '_'))
        len++;
    return len;
}

static size_t quoted_at(const char *s, size_t n)
{
    const char *end = *s == '"' || *s == '\'' ? memchr(s + 1, *s, n - 1) : NULL;
    return end ? (size_t)(end - s) + 1 : 0;
}

/* A word in capitals other than a function's name. */
static bool is_keyword(const char *s, size_t len, size_t n)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] < 'A' || s[i] > 'Z')
            return false;
    return len > 1 && (len == n || s[len] != '(');
}

/* Part of a statement, with its keywords standing out. */
static void sql_text(struct canvas *c, const char *s, size_t n)
{
    size_t plain = 0; /* begins what is not written yet */
    for (size_t i = 0, len; i < n; i += len ? len : 1) {
        if ((len = quoted_at(s + i, n - i)) || !(len = word_at(s + i, n - i)) ||
            !is_keyword(s + i, len, n - i))
            continue;
        canvas_bytes(c, STYLE_PLAIN, s + plain, i - plain, canvas_left(c));
        canvas_bytes(c, STYLE_KEYWORD, s + i, len, canvas_left(c));
        plain = i + len;
    }
    canvas_bytes(c, STYLE_PLAIN, s + plain, n - plain, canvas_left(c));
}

/* White space of any kind and length as one space. */
static struct buf on_one_line(const char *s)
{
    struct buf line = {0};
    buf_puts(&line, "");
    for (; *s; s++) {
        bool space = *s == ' ' || (*s >= '\t' && *s <= '\r');
        if (!space)
            buf_putc(&line, *s);
        else if (line.len && line.data[line.len - 1] != ' ')
            buf_putc(&line, ' ');
    }
    return line;
}

/* The first clause that begins in these bytes. */
static const char *clause_in(const char *s, size_t n)
{
    static const char *const clauses[] = {" FROM ", " WHERE ", " SET ", " VALUES ", " GROUP BY ",
        " HAVING ", " ORDER BY ", " RETURNING ", " LIMIT ", " INNER JOIN ", " LEFT OUTER JOIN "};
    const char *first = NULL;
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        const char *at = memmem(s, n, clauses[i], strlen(clauses[i]));
        if (at && (!first || at < first))
            first = at;
    }
    return first;
}

static int lines_of(const char *s, size_t n, int columns)
{
    int lines = 0;
    for (size_t at = 0; at < n; lines++)
        at += text_break(s + at, n - at, columns);
    return lines;
}

/* Where the end of a statement begins that fits these lines: at a clause that does not leave half
 * of them empty, else at a word. */
static size_t end_part(const char *s, size_t n, int columns, int lines)
{
    size_t most = (size_t)columns * (size_t)lines, at = n > most ? n - most : 0;
    const char *space;
    bool within_word = at > 0 && s[at - 1] != ' ';
    while ((within_word || lines_of(s + at, n - at, columns) > lines) &&
           (space = memchr(s + at, ' ', n - at))) {
        at = (size_t)(space - s) + 1;
        within_word = false;
    }
    const char *clause = clause_in(s + at, (n - at) / 2);
    return clause ? (size_t)(clause - s) + 1 : at;
}

/* Without the space at which a line was broken. */
static size_t trimmed(const char *s, size_t n)
{
    return n > 0 && s[n - 1] == ' ' ? n - 1 : n;
}

static void statement_line(struct chart *chart, const char *s, size_t n, int indent)
{
    chart_detail_line(chart, indent);
    sql_text(&chart->c, s, trimmed(s, n));
}

/* Its beginning and its end, if it is longer than that many lines: what it reads and what it asks
 * for say more than the list of columns between them. */
static void statement(struct chart *chart, const char *sql, int lines_max, int indent)
{
    struct buf line = on_one_line(sql);
    int columns = chart->c.width - chart->text - indent;
    const char *s = line.data;
    size_t left = line.len;
    if (lines_of(s, left, columns) > lines_max) {
        size_t n = text_break(s, left, columns - 2);
        statement_line(chart, s, n, indent);
        canvas_text(&chart->c, STYLE_FAINT, " " UTF8_ELLIPSIS, 2);
        n += end_part(s + n, left - n, columns, --lines_max);
        s += n;
        left -= n;
    }
    for (int i = 0; left > 0 && i < lines_max; i++) {
        size_t n = i == lines_max - 1 ? left : text_break(s, left, columns);
        statement_line(chart, s, n, indent);
        s += n;
        left -= n;
    }
    buf_free(&line);
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

/* "file in function at line N". Folders go first where there is no room for all of it. */
static void frame_line(struct chart *chart, const struct frame *frame, int indent)
{
    char at[32] = "";
    struct canvas *c = &chart->c;
    const char *file = frame->filename;
    chart_detail_line(chart, indent);
    if (frame->lineno > 0)
        snprintf(at, sizeof at, " at line %d", frame->lineno);
    int room = canvas_left(c) - text_columns(at) - 4, function = text_columns(frame->function);
    if (text_columns(file) + function > room)
        file = base_name(file);
    int least = function < room / 2 ? function : room / 2;
    int used = canvas_text(c, STYLE_STRONG, file, room - least);
    if (frame->function) {
        canvas_text(c, STYLE_FAINT, " in ", 4);
        canvas_text(c, STYLE_PLAIN, frame->function, room - used);
    }
    canvas_text(c, STYLE_FAINT, at, canvas_left(c));
}

static void folded(struct chart *chart, size_t count, const char *what, int indent)
{
    char text[64];
    if (!count)
        return;
    chart_detail_line(chart, indent);
    snprintf(text, sizeof text, UTF8_ELLIPSIS " %zu %s%s", count, what, count == 1 ? "" : "s");
    canvas_text(&chart->c, STYLE_FAINT, text, canvas_left(&chart->c));
}

static void stack(struct chart *chart, const struct stacktrace *stack, int indent)
{
    size_t library = 0, app = 0, more = 0;
    for (size_t i = 0; i < stack->count; i++) {
        const struct frame *frame = &stack->frames[i];
        if (frame->library_frame) {
            library++;
        } else if (app == APP_FRAMES_MAX) {
            more++;
        } else {
            folded(chart, library, "library frame", indent);
            frame_line(chart, frame, indent);
            library = 0;
            app++;
        }
    }
    folded(chart, more ? library + more : library, more ? "more frame" : "library frame", indent);
}

void chart_error(struct chart *chart, const struct error *error, int indent)
{
    struct canvas *c = &chart->c;
    chart_detail_line(chart, indent);
    canvas_text(c, STYLE_BAD, "✗ ", 2);
    if (error->exception_code) {
        canvas_text(c, STYLE_BAD, error->exception_code, canvas_left(c));
        canvas_text(c, STYLE_PLAIN, " ", canvas_left(c));
    }
    canvas_text(c, STYLE_BAD, error->exception_type, canvas_left(c));
    struct buf line = on_one_line(error->exception_message ? error->exception_message : "");
    const char *s = line.data;
    for (int i = 0; *s && i < MESSAGE_LINES_MAX; i++) {
        chart_detail_line(chart, indent + 2);
        size_t n = text_break(s, strlen(s), canvas_left(c));
        if (i == MESSAGE_LINES_MAX - 1)
            n = strlen(s);
        canvas_bytes(c, STYLE_PLAIN, s, trimmed(s, n), canvas_left(c));
        s += n;
    }
    buf_free(&line);
}

/* Those that tell how sure we are begin with this. */
static const char own_labels[] = "apmshim_";

static void span_labels(struct chart *chart, const struct span *span, int indent)
{
    for (size_t i = 0; i < span->labels.count; i++) {
        const struct label *label = &span->labels.items[i];
        if (label->kind != LABEL_STRING || chart_same(label->key, "sqlstate"))
            continue; /* the error says it */
        bool ours = strncmp(label->key, own_labels, strlen(own_labels)) == 0;
        chart_detail_line(chart, indent);
        canvas_text(&chart->c, STYLE_WARNING, label->key + (ours ? strlen(own_labels) : 0),
            canvas_left(&chart->c));
        canvas_text(&chart->c, STYLE_WARNING, "=", canvas_left(&chart->c));
        canvas_text(&chart->c, STYLE_WARNING, label->string, canvas_left(&chart->c));
    }
}

/* Whether it explains much of the request's time, or its failure. */
static bool matters(const struct chart *chart, const struct span *span)
{
    return span->outcome == OUTCOME_FAILURE || span->duration_ns >= chart->duration_ns / 10;
}

static void span_statement(struct chart *chart, const struct span *span, int indent)
{
    const char *sql = span->db ? span->db->statement : NULL;
    if (!sql)
        return;
    if (!chart_same(sql, chart->statement) && !chart_same(sql, span->name))
        statement(chart, sql, matters(chart, span) ? SQL_LINES_MAX : SQL_LINES_MINOR, indent);
    chart->statement = sql;
}

void chart_details(struct chart *chart, const struct span *span, int indent)
{
    const struct whole_trace *trace = chart->trace;
    span_statement(chart, span, indent);
    if (span->http && span->http->full_url) {
        chart_detail_line(chart, indent);
        canvas_text(&chart->c, STYLE_PLAIN, span->http->full_url, canvas_left(&chart->c));
    }
    for (size_t i = 0; i < trace->error_count; i++)
        if (trace->errors[i].parent_id == span->id)
            chart_error(chart, &trace->errors[i], indent);
    span_labels(chart, span, indent);
    if (span->stack && span->stack == chart->stack) {
        chart_detail_line(chart, indent);
        canvas_text(&chart->c, STYLE_FAINT, UTF8_ELLIPSIS " called from the same place",
            canvas_left(&chart->c));
    } else if (span->stack) {
        stack(chart, span->stack, indent);
        chart->stack = span->stack;
    }
}
