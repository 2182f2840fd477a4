/* What is handed over one by one comes out as whole traces, and what never ends is bounded. */
#include <stdlib.h>

#include "base/buf.h"
#include "check.h"
#include "export/whole.h"

static struct buf story; /* a line for each trace taken */

static void take(void *self, const struct whole_trace *trace)
{
    (void)self;
    buf_printf(&story, "%s%s:", trace->late ? "late " : "", trace->transaction->name);
    for (size_t i = 0; i < trace->span_count; i++)
        buf_printf(&story, " %s", trace->spans[i].name);
    for (size_t i = 0; i < trace->error_count; i++)
        buf_printf(&story, " !%s", trace->errors[i].exception_message);
    buf_putc(&story, '\n');
}

/* Each event's text is gone after the call. */
static void span(struct assembler *a, uint64_t transaction, const char *text)
{
    char name[32];
    snprintf(name, sizeof name, "%s", text);
    struct span event = {.transaction_id = transaction, .name = name};
    assembler_span(a, &event);
    memset(name, 'x', sizeof name - 1);
}

static void error(struct assembler *a, uint64_t transaction, const char *text)
{
    struct error event = {.transaction_id = transaction, .exception_message = text};
    assembler_error(a, &event);
}

static void transaction(struct assembler *a, uint64_t id, const char *text)
{
    char name[32];
    snprintf(name, sizeof name, "%s", text);
    struct transaction event = {.id = id, .name = name};
    assembler_transaction(a, &event);
    memset(name, 'x', sizeof name - 1);
}

static void check_story(const char *expected)
{
    CHECK_STR(story.data ? story.data : "", expected);
    buf_clear(&story);
}

static void test_order(void)
{
    struct assembler *a = assembler_new(take, NULL);
    span(a, 1, "a");
    error(a, 1, "oops");
    span(a, 2, "b");
    transaction(a, 2, "second");
    span(a, 1, "c");
    transaction(a, 1, "first");
    assembler_tick(a);
    check_story("");
    span(a, 2, "d"); /* after its transaction, but in time */
    error(a, 2, "too");
    assembler_tick(a);
    check_story("second: b d !too\nfirst: a c !oops\n");
    assembler_tick(a);
    check_story("");
    span(a, 2, "e");
    transaction(a, 2, "again");
    assembler_tick(a);
    check_story("late second: e\n");
    span(a, 3, "of one that never ends");
    transaction(a, 4, "last");
    assembler_free(a);
    check_story("last:\n");
}

static void test_forgets(void)
{
    struct assembler *a = assembler_new(take, NULL);
    transaction(a, 1, "early");
    for (int i = 0; i < 200; i++)
        assembler_tick(a);
    check_story("early:\n");
    span(a, 1, "much too late");
    assembler_free(a);
    check_story("");
}

static void count(void *self, const struct whole_trace *trace)
{
    size_t *spans = self;
    *spans += trace->span_count;
}

static void test_bounds(void)
{
    size_t spans = 0;
    struct assembler *a = assembler_new(count, &spans);
    for (int i = 0; i < 50000; i++)
        span(a, 1, "x");
    for (uint64_t id = 2; id < 100000; id++)
        span(a, id, "never ends");
    transaction(a, 99999, "ends");
    assembler_free(a);
    CHECK(spans == 1);
    a = assembler_new(count, &spans);
    struct buf text = {0};
    for (int i = 0; i < 16000; i++)
        buf_putc(&text, 'x');
    for (uint64_t id = 1; id <= 10000; id++) {
        struct db_context db = {.statement = text.data};
        struct span event = {.transaction_id = id, .db = &db};
        assembler_span(a, &event);
    }
    for (uint64_t id = 1; id <= 10000; id++)
        transaction(a, id, "x");
    spans = 0;
    assembler_free(a);
    CHECK(spans > 1000 && spans < 3000); /* 32 MB of 160 */
    buf_free(&text);
}

static void test_copy(void)
{
    struct frame frame = {.function = "f", .filename = "f.c", .lineno = 3};
    struct stacktrace stack = {1, &frame};
    struct label label = {.key = "k", .kind = LABEL_STRING, .string = "v"};
    struct http_context http = {.method = "GET", .full_url = "http://a/"};
    struct dropped_span_stats dropped = {.resource = "postgresql", .count = 2};
    struct transaction t = {.name = "t", .http = &http, .dropped = &dropped, .dropped_count = 1};
    struct span spans[2] = {
        {.name = "s", .stack = &stack, .labels = {1, &label}}, {.name = "s", .stack = &stack}};
    struct error e = {.exception_message = "m", .stack = &stack};
    struct whole_trace trace = {&t, spans, 2, &e, 1, false};
    struct whole_copy copy = {0};
    whole_copy(&copy, &trace);
    memset(&frame, 0, sizeof frame);
    memset(&http, 0, sizeof http);
    memset(&dropped, 0, sizeof dropped);
    memset(&label, 0, sizeof label);
    const struct whole_trace *c = &copy.trace;
    CHECK_STR(c->transaction->http->full_url, "http://a/");
    CHECK_STR(c->transaction->dropped->resource, "postgresql");
    CHECK_STR(c->spans[0].stack->frames->filename, "f.c");
    CHECK_STR(c->spans[0].labels.items->string, "v");
    CHECK(c->spans[1].stack == c->spans[0].stack && c->errors->stack == c->spans[0].stack);
    whole_copy_free(&copy);
    whole_copy_free(&copy);
}

int main(void)
{
    test_order();
    test_forgets();
    test_bounds();
    test_copy();
    buf_free(&story);
    return check_result();
}
