#include "export/endpoints_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "export/utf8.h"

enum {
    IMPACT_BAR = 8,
    IMPACT_COLUMNS = IMPACT_BAR + 8,
    FAILED_COLUMNS = 8,
    DURATION_COLUMNS = 10,
    RATE_COLUMNS = 9,
    REQUESTS_COLUMNS = 9,
};

#define LEAST_SECONDS 1.0 /* for requests per minute: one request alone is no rate */

/* Columns at which the cells end. */
struct layout {
    int name, requests, rate, average, percentile, failed;
};

static struct layout layout_of(const struct canvas *c)
{
    struct layout l;
    l.failed = c->width - IMPACT_COLUMNS;
    l.percentile = l.failed - FAILED_COLUMNS;
    l.average = l.percentile - DURATION_COLUMNS;
    l.rate = l.average - DURATION_COLUMNS;
    l.requests = l.rate - RATE_COLUMNS;
    l.name = l.requests - REQUESTS_COLUMNS;
    return l;
}

static double seconds_of(const struct endpoint_list *list)
{
    double seconds = (double)(list->end_us - list->begin_us) / 1e6;
    return seconds > LEAST_SECONDS ? seconds : LEAST_SECONDS;
}

static void heading(struct canvas *c, const struct endpoint_list *list, const char *service)
{
    char text[96], duration[24];
    canvas_text(c, STYLE_STRONG, service ? service : "service", c->width / 2);
    snprintf(text, sizeof text, "  %" PRIu64 " request%s to %zu endpoint%s in %s", list->requests,
        list->requests == 1 ? "" : "s", list->count, list->count == 1 ? "" : "s",
        canvas_duration(duration, (list->end_us - list->begin_us) * 1000));
    canvas_text(c, STYLE_FAINT, text, canvas_left(c));
    canvas_newline(c);
    canvas_newline(c);
}

static void head_row(struct canvas *c, const struct layout *l)
{
    canvas_text(c, STYLE_FAINT, "endpoint", l->name);
    canvas_right(c, STYLE_FAINT, "requests", l->requests);
    canvas_right(c, STYLE_FAINT, "per min", l->rate);
    canvas_right(c, STYLE_FAINT, "average", l->average);
    canvas_right(c, STYLE_FAINT, "p95", l->percentile);
    canvas_right(c, STYLE_FAINT, "failed", l->failed);
    canvas_right(c, STYLE_FAINT, "impact", c->width);
    canvas_newline(c);
}

static void percent(struct canvas *c, enum style style, double part, int column)
{
    char text[32];
    snprintf(text, sizeof text, "%.*f %%", part >= 0.9995 || part == 0 ? 0 : 1, part * 100);
    canvas_right(c, style, part < 0 ? "–" : text, column);
}

static void impact(struct canvas *c, double part)
{
    int halves = (int)(part * 2 * IMPACT_BAR + 0.5);
    canvas_to(c, c->width - IMPACT_COLUMNS + 2);
    for (int i = 0; i < IMPACT_BAR && 2 * i < halves; i++)
        canvas_text(c, STYLE_OWN, 2 * i + 1 < halves ? "█" : "▌", 1);
    percent(c, STYLE_PLAIN, part, c->width);
}

/* Of a long name, the end says more than the packages or folders before it. */
static void name_cell(struct canvas *c, const char *name, int columns)
{
    const char *space = strchr(name, ' '), *rest = space ? space + 1 : name;
    size_t method = (size_t)(rest - name);
    const char *end = rest;
    while (text_columns(end) + (int)method + 1 > columns && (end = strpbrk(end, "./")))
        end++;
    if (!end || text_columns(name) <= columns) {
        canvas_text(c, STYLE_STRONG, name, columns);
        return;
    }
    canvas_bytes(c, STYLE_STRONG, name, method, columns);
    canvas_text(c, STYLE_FAINT, UTF8_ELLIPSIS, 1);
    canvas_text(c, STYLE_STRONG, end, columns - c->column);
}

static void row(
    struct canvas *c, const struct layout *l, const struct endpoint *endpoint, double seconds)
{
    char text[32];
    double failed = endpoint_failure_rate(endpoint);
    name_cell(c, endpoint->name, l->name);
    snprintf(text, sizeof text, "%" PRIu64, endpoint->requests);
    canvas_right(c, STYLE_PLAIN, text, l->requests);
    double rate = (double)endpoint->requests * 60 / seconds;
    snprintf(text, sizeof text, "%.*f", rate < 100 ? 1 : 0, rate);
    canvas_right(c, STYLE_PLAIN, text, l->rate);
    canvas_right(c, STYLE_PLAIN, canvas_duration(text, endpoint->average_ns), l->average);
    canvas_right(c, STYLE_PLAIN, canvas_duration(text, endpoint->percentile95_ns), l->percentile);
    percent(c, failed > 0 ? STYLE_BAD : STYLE_PLAIN, failed, l->failed);
    impact(c, endpoint->impact);
    canvas_newline(c);
}

void endpoints_table(
    struct buf *b, const struct endpoint_list *list, const char *service, const struct look *look)
{
    struct canvas c = {.out = b, .width = look_width(look), .color = look->color};
    struct layout l = layout_of(&c);
    const struct endpoint *slowest = endpoints_slowest(list);
    heading(&c, list, service);
    if (!slowest)
        return;
    head_row(&c, &l);
    for (size_t i = 0; i < list->count; i++)
        row(&c, &l, &list->items[i], seconds_of(list));
    canvas_newline(&c);
    canvas_text(&c, STYLE_FAINT, "The slowest request of the slowest endpoint:", c.width);
    canvas_newline(&c);
    canvas_newline(&c);
    waterfall(b, slowest->slowest, service, look);
}
