/* The parts of a waterfall, for its own files alone. */
#ifndef APMSHIM_EXPORT_CHART_H
#define APMSHIM_EXPORT_CHART_H

#include "export/canvas.h"
#include "export/span_tree.h"
#include "export/whole.h"

enum { CHART_MARGIN = 2, CHART_DURATION_COLUMNS = 8, CHART_GAP = 2 };

struct chart {
    struct canvas c;
    const struct whole_trace *trace;
    const char *service;
    uint64_t begin_us, duration_ns; /* of the time axis */
    int bars;                       /* columns of the bars */
    int text;                       /* column at which a span's text begins */
    /* Shown last, and not shown again by the next span. */
    const char *statement, *resource;
    const struct stacktrace *stack;
};

static inline bool chart_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* ---- chart_span.c ---- */
/* The span's line, and what chart_details adds below it. */
void chart_span(struct chart *chart, const struct span_row *row);

/* ---- chart_details.c ---- */
/* Begins a line of the text's part, so many columns behind its beginning. */
void chart_detail_line(struct chart *chart, int indent);
/* Statement, URL, errors, labels and stack. */
void chart_details(struct chart *chart, const struct span *span, int indent);
void chart_error(struct chart *chart, const struct error *error, int indent);

#endif
