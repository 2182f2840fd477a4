#include "export/chart.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { DEPTH_MAX = 8 }; /* deeper spans are indented no further */

/* ---- bars ---- */

static enum style span_style(const struct span *span)
{
    if (span->outcome == OUTCOME_FAILURE)
        return STYLE_BAD;
    if (span->type && strcmp(span->type, "db") == 0)
        return STYLE_DATABASE;
    return span->type && strcmp(span->type, "external") == 0 ? STYLE_CALL : STYLE_OWN;
}

/* Where a time lies on the axis, in half columns. */
static int half_column(const struct chart *chart, double ns)
{
    double most = 2 * chart->bars, at = round(ns / (double)chart->duration_ns * most);
    return at > 0 ? (int)(at < most ? at : most) : 0;
}

static const char *cell(bool left, bool right, bool composite)
{
    if (composite)
        return "▒";
    return left && right ? "█" : left ? "▌" : "▐";
}

static void track(struct chart *chart, int columns)
{
    struct buf dots = {0};
    for (int i = 0; i < columns; i++)
        buf_puts(&dots, "·");
    canvas_text(&chart->c, STYLE_FAINT, dots.data, columns);
    buf_free(&dots);
}

/* At least half a column wide; a composite one, between whose calls is time, in another shade. */
static void bar(struct chart *chart, const struct span *span)
{
    double begin_ns = (double)(span->timestamp_us - chart->begin_us) * 1000;
    int begin = half_column(chart, begin_ns);
    int end = half_column(chart, begin_ns + (double)span->duration_ns);
    if (begin == 2 * chart->bars)
        begin--;
    if (end <= begin)
        end = begin + 1;
    int first = begin / 2, last = (end - 1) / 2;
    struct buf cells = {0};
    for (int i = first; i <= last; i++)
        buf_puts(&cells, cell(2 * i >= begin, 2 * i + 1 < end, span->composite_count > 1));
    track(chart, first);
    canvas_text(&chart->c, span_style(span), cells.data, chart->bars);
    track(chart, chart->bars - last - 1);
    buf_free(&cells);
}

/* ---- its line ---- */

/* What stands at the end of the line: rows, the status, what a composite's calls took. */
static const char *remark(char text[64], const struct span *span)
{
    char duration[24];
    text[0] = '\0';
    if (span->composite_count > 1)
        snprintf(text, 64, "%s in all", canvas_duration(duration, span->composite_sum_ns));
    else if (span->http && span->http->status)
        snprintf(text, 64, "%d", span->http->status);
    else if (span->db && span->db->rows_affected >= 0)
        snprintf(text, 64, "%" PRId64 " row%s", span->db->rows_affected,
            span->db->rows_affected == 1 ? "" : "s");
    return text;
}

static void span_name(struct chart *chart, const struct span *span, int room)
{
    struct canvas *c = &chart->c;
    int end = c->column + room;
    char count[32];
    if (span->outcome == OUTCOME_FAILURE)
        canvas_text(c, STYLE_BAD, "✗ ", end - c->column);
    if (span->composite_count > 1) {
        snprintf(count, sizeof count, "%u× ", span->composite_count);
        canvas_text(c, STYLE_WARNING, count, end - c->column);
    }
    const char *name = span->name && *span->name ? span->name : "unnamed";
    canvas_text(c, STYLE_STRONG, name, end - c->column);
}

void chart_span(struct chart *chart, const struct span_row *row)
{
    const struct span *span = row->span;
    int indent = 2 * (row->depth < DEPTH_MAX ? row->depth : DEPTH_MAX);
    char text[64], duration[24];
    struct canvas *c = &chart->c;
    canvas_to(c, CHART_MARGIN);
    bar(chart, span);
    canvas_right(
        c, STYLE_PLAIN, canvas_duration(duration, span->duration_ns), chart->text - CHART_GAP);
    canvas_to(c, chart->text + indent);
    remark(text, span);
    int tail = text_columns(text) + (*text ? CHART_GAP : 0);
    span_name(chart, span, canvas_left(c) - tail);
    if (!chart_same(span->resource, chart->resource) &&
        text_columns(span->resource) + CHART_GAP <= canvas_left(c) - tail) {
        canvas_to(c, c->column + CHART_GAP);
        canvas_text(c, STYLE_FAINT, span->resource, canvas_left(c));
        chart->resource = span->resource;
    }
    canvas_right(c, STYLE_FAINT, text, c->width);
    chart_details(chart, span, indent + 2);
    if (c->column)
        canvas_newline(c);
}
