#include "export/waterfall.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "export/chart.h"
#include "export/span_tree.h"
#include "export/utf8.h"

enum { DROPPED_MAX = 5 };

/* ---- header ---- */

static enum style outcome_style(enum outcome outcome)
{
    return outcome == OUTCOME_FAILURE   ? STYLE_BAD
           : outcome == OUTCOME_SUCCESS ? STYLE_GOOD
                                        : STYLE_WARNING;
}

static const char *outcome_mark(enum outcome outcome)
{
    return outcome == OUTCOME_FAILURE ? "✗" : outcome == OUTCOME_SUCCESS ? "●" : "○";
}

static const char *local_time(char text[40], uint64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    if (!localtime_r(&seconds, &tm) || !strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm))
        return "";
    size_t len = strlen(text);
    snprintf(text + len, 40 - len, ".%03u", (unsigned)(us / 1000 % 1000));
    return text;
}

static void title(struct chart *chart)
{
    const struct transaction *t = chart->trace->transaction;
    char duration[24], result[64] = "";
    canvas_duration(duration, t->duration_ns);
    if (t->http && t->http->status)
        snprintf(result, sizeof result, "%d", t->http->status);
    else if (t->result)
        snprintf(result, sizeof result, "%.40s", t->result);
    int tail = text_columns(result) + CHART_GAP + text_columns(duration);
    canvas_text(&chart->c, outcome_style(t->outcome), outcome_mark(t->outcome), 1);
    canvas_to(&chart->c, CHART_MARGIN);
    canvas_text(&chart->c, STYLE_STRONG, t->name ? t->name : "unnamed",
        canvas_left(&chart->c) - tail - CHART_GAP);
    canvas_to(&chart->c, chart->c.width - tail);
    canvas_text(&chart->c, outcome_style(t->outcome), result, tail);
    canvas_right(&chart->c, STYLE_STRONG, duration, chart->c.width);
    canvas_newline(&chart->c);
}

/* A fact of the line below the title; on a line of its own if it does not fit any more. */
static void fact(struct chart *chart, const char *before, const char *text)
{
    struct canvas *c = &chart->c;
    if (!text || !*text)
        return;
    int columns = text_columns(before) + text_columns(text);
    if (c->column > CHART_MARGIN && columns + 3 > canvas_left(c))
        canvas_newline(c);
    if (c->column > CHART_MARGIN)
        canvas_text(c, STYLE_FAINT, " · ", 3);
    canvas_to(c, CHART_MARGIN);
    canvas_text(c, STYLE_FAINT, before, canvas_left(c));
    canvas_text(c, STYLE_FAINT, text, canvas_left(c));
}

static void label_facts(struct chart *chart, const struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        const struct label *label = &labels->items[i];
        char before[64], number[32];
        snprintf(before, sizeof before, "%.50s=", label->key);
        snprintf(number, sizeof number, "%g", label->number);
        fact(chart, before,
            label->kind == LABEL_STRING ? label->string
            : label->kind == LABEL_BOOL ? (label->number != 0 ? "true" : "false")
                                        : number);
    }
}

static void facts(struct chart *chart)
{
    const struct transaction *t = chart->trace->transaction;
    char when[40], id[33];
    for (size_t i = 0; i < sizeof t->trace_id.bytes; i++)
        snprintf(id + 2 * i, 3, "%02x", t->trace_id.bytes[i]);
    fact(chart, "", chart->service);
    if (t->type && strcmp(t->type, "request") != 0)
        fact(chart, "", t->type);
    fact(chart, "", local_time(when, t->timestamp_us));
    fact(chart, "trace ", id);
    if (t->http) {
        fact(chart, "from ", t->http->remote_address);
        fact(chart, "", t->http->full_url ? t->http->full_url : t->http->path);
    }
    label_facts(chart, &t->labels);
    if (!t->sampled)
        fact(chart, "", "not sampled: without its spans");
    if (chart->trace->late)
        fact(chart, "", "shown before: this came after its end");
    if (chart->c.column)
        canvas_newline(&chart->c);
}

/* ---- time axis ---- */

/* Spans may lie outside of their transaction, by other clocks or after its end. */
static void fit_axis(struct chart *chart)
{
    const struct whole_trace *trace = chart->trace;
    uint64_t begin = trace->transaction->timestamp_us;
    uint64_t duration = trace->transaction->duration_ns;
    for (size_t i = 0; i < trace->span_count; i++) {
        const struct span *span = &trace->spans[i];
        if (span->timestamp_us < begin) {
            duration += (begin - span->timestamp_us) * 1000;
            begin = span->timestamp_us;
        }
        uint64_t end = (span->timestamp_us - begin) * 1000 + span->duration_ns;
        if (end > duration)
            duration = end;
    }
    chart->begin_us = begin;
    chart->duration_ns = duration ? duration : 1;
}

static uint64_t calls_of(const struct span *span)
{
    return span->composite_count ? span->composite_count : 1;
}

static uint64_t time_of(const struct span *span)
{
    return span->composite_count ? span->composite_sum_ns : span->duration_ns;
}

/* "22 calls of postgresql, 31.0 ms": of what was waited for most. */
static void totals(struct chart *chart)
{
    const struct whole_trace *trace = chart->trace;
    const char *kind = NULL;
    uint64_t most = 0, calls = 0;
    for (size_t i = 0; i < trace->span_count; i++) {
        const char *candidate = trace->spans[i].subtype;
        uint64_t time = 0, count = 0;
        for (size_t j = 0; candidate && j < trace->span_count; j++) {
            const char *other = trace->spans[j].subtype;
            if (!other || strcmp(other, candidate) != 0)
                continue;
            time += time_of(&trace->spans[j]);
            count += calls_of(&trace->spans[j]);
        }
        if (candidate && (!kind || time > most)) {
            kind = candidate;
            most = time;
            calls = count;
        }
    }
    if (!kind)
        return;
    char text[64], duration[24];
    snprintf(text, sizeof text, "%" PRIu64 " call%s, %s in ", calls, calls == 1 ? "" : "s",
        canvas_duration(duration, most));
    canvas_text(&chart->c, STYLE_FAINT, text, canvas_left(&chart->c));
    canvas_text(&chart->c, STYLE_FAINT, kind, canvas_left(&chart->c));
}

static void axis(struct chart *chart)
{
    char text[24];
    canvas_to(&chart->c, CHART_MARGIN);
    canvas_text(&chart->c, STYLE_FAINT, "0", 1);
    canvas_right(&chart->c, STYLE_FAINT, canvas_duration(text, chart->duration_ns / 2),
        CHART_MARGIN + chart->bars / 2 + 3);
    canvas_right(&chart->c, STYLE_FAINT, canvas_duration(text, chart->duration_ns),
        CHART_MARGIN + chart->bars);
    canvas_to(&chart->c, chart->text);
    totals(chart);
    canvas_newline(&chart->c);
}

/* ---- footer ---- */

static bool of_shown_span(const struct whole_trace *trace, const struct error *error)
{
    for (size_t i = 0; i < trace->span_count; i++)
        if (trace->spans[i].id == error->parent_id)
            return true;
    return false;
}

static void dropped(struct chart *chart)
{
    const struct transaction *t = chart->trace->transaction;
    struct canvas *c = &chart->c;
    char text[96], duration[24];
    size_t shown = t->dropped_count < DROPPED_MAX ? t->dropped_count : DROPPED_MAX;
    canvas_to(c, CHART_MARGIN);
    snprintf(text, sizeof text, UTF8_ELLIPSIS " %u span%s dropped by the limits", t->spans_dropped,
        t->spans_dropped == 1 ? "" : "s");
    canvas_text(c, STYLE_WARNING, text, canvas_left(c));
    for (size_t i = 0; i < shown; i++) {
        const struct dropped_span_stats *d = &t->dropped[i];
        uint64_t us = d->sum_us < UINT64_MAX / 1000 ? d->sum_us : UINT64_MAX / 1000;
        snprintf(text, sizeof text, "%" PRIu64 "× ", d->count);
        chart_detail_line(chart, 0);
        canvas_text(c, STYLE_WARNING, text, canvas_left(c));
        canvas_text(c, STYLE_PLAIN, d->resource, canvas_left(c) - 12);
        canvas_right(c, STYLE_FAINT, canvas_duration(duration, us * 1000), c->width);
    }
    canvas_newline(c);
}

static void footer(struct chart *chart)
{
    const struct whole_trace *trace = chart->trace;
    struct canvas *c = &chart->c;
    for (size_t i = 0; i < trace->error_count; i++)
        if (!of_shown_span(trace, &trace->errors[i]))
            chart_error(chart, &trace->errors[i], 0);
    if (c->column)
        canvas_newline(c);
    if (trace->transaction->spans_dropped && !trace->late)
        dropped(chart);
    unsigned started = trace->transaction->spans_started;
    if (started > trace->span_count && !trace->late) {
        char text[64];
        size_t missing = started - trace->span_count;
        canvas_to(c, CHART_MARGIN);
        snprintf(text, sizeof text, UTF8_ELLIPSIS " %zu more span%s not shown here", missing,
            missing == 1 ? "" : "s");
        canvas_text(c, STYLE_WARNING, text, canvas_left(c));
        canvas_newline(c);
    }
}

int look_width(const struct look *look)
{
    if (look->width <= 0)
        return WATERFALL_USUAL_WIDTH;
    return look->width < WATERFALL_LEAST_WIDTH  ? WATERFALL_LEAST_WIDTH
           : look->width > WATERFALL_MOST_WIDTH ? WATERFALL_MOST_WIDTH
                                                : look->width;
}

void waterfall(
    struct buf *b, const struct whole_trace *trace, const char *service, const struct look *look)
{
    struct chart chart = {.trace = trace, .service = service};
    chart.c = (struct canvas){.out = b, .width = look_width(look), .color = look->color};
    chart.bars = chart.c.width * 3 / 10;
    chart.text = CHART_MARGIN + chart.bars + 1 + CHART_DURATION_COLUMNS + CHART_GAP;
    title(&chart);
    facts(&chart);
    fit_axis(&chart);
    struct span_row *rows = span_tree(trace);
    if (trace->span_count)
        axis(&chart);
    for (size_t i = 0; i < trace->span_count; i++)
        chart_span(&chart, &rows[i]);
    free(rows);
    footer(&chart);
    buf_putc(b, '\n');
}
