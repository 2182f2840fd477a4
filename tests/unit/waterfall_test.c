/* Waterfalls compared with samples/waterfall, which --renew writes anew for a person to look at,
 * and hostile ones for what may reach a terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/alloc.h"
#include "check.h"
#include "export/waterfall.h"
#include "terminal_text.h"

#define MS UINT64_C(1000000)
#define BEGIN_US UINT64_C(1700000000123456)

static const char *samples;
static bool renew; /* writes the samples instead of comparing */

static void compare(const char *name, const struct buf *text)
{
    char path[4096];
    struct buf expected = {0};
    char chunk[4096];
    size_t n;
    snprintf(path, sizeof path, "%s/%s.txt", samples, name);
    FILE *file = fopen(path, renew ? "we" : "re");
    if (file && renew) {
        fwrite(text->data, 1, text->len, file);
        fclose(file);
        return;
    }
    while (file && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&expected, chunk, n);
    if (file)
        fclose(file);
    CHECK_STR(text->data, expected.data ? expected.data : "");
    buf_free(&expected);
}

static struct buf shown(const struct whole_trace *trace, int width, bool color)
{
    struct buf text = {0};
    struct look look = {width, color};
    waterfall(&text, trace, "school", &look);
    const char *problem = terminal_text_problem(&text, look_width(&look), color);
    CHECK_STR(problem ? problem : "none", "none");
    return text;
}

static void show_and_compare(const struct whole_trace *trace, int width, const char *name)
{
    struct buf text = shown(trace, width, false);
    compare(name, &text);
    buf_free(&text);
}

/* ---- traces ---- */

static const struct http_context pdf_request = {.method = "GET",
    .path = "/subjects/3/summary.pdf",
    .full_url = "http://school.example:8000/subjects/3/summary.pdf?draft=1",
    .status = 200,
    .remote_address = "192.0.2.7"};

static struct transaction transaction_of(const char *name, uint64_t duration_ns)
{
    return (struct transaction){.trace_id = {{0x4b, 0xf9, 0x2f, 0x35}},
        .id = 1,
        .name = name,
        .type = "request",
        .result = "HTTP 2xx",
        .outcome = OUTCOME_SUCCESS,
        .timestamp_us = BEGIN_US,
        .duration_ns = duration_ns,
        .sampled = true,
        .http = &pdf_request};
}

/* begin and duration in microseconds. */
static struct span span_of(
    uint64_t id, const char *name, const struct db_context *db, uint64_t begin, uint64_t duration)
{
    return (struct span){.id = id,
        .parent_id = 1,
        .transaction_id = 1,
        .name = name,
        .type = db ? "db" : "app",
        .subtype = db ? "postgresql" : NULL,
        .outcome = OUTCOME_SUCCESS,
        .timestamp_us = BEGIN_US + begin,
        .duration_ns = duration * 1000,
        .db = db,
        .resource = db ? "postgresql/school" : NULL};
}

static const struct frame frames[] = {
    {.function = "execute", .filename = "utils.py", .lineno = 89, .library_frame = true},
    {.function = "fetch_all", .filename = "compiler.py", .lineno = 1398, .library_frame = true},
    {.function = "DownloadSummaryPDF.progress",
        .filename = "summary/views/siteView.py",
        .lineno = 44},
    {.function = "DownloadSummaryPDF.get", .filename = "summary/views/siteView.py", .lineno = 34},
    {.function = "dispatch", .filename = "base.py", .lineno = 142, .library_frame = true},
};

static void test_pdf(void)
{
    static const struct db_context subject = {
        .statement = "SELECT \"area_subject\".\"id\", \"area_subject\".\"area_id\", "
                     "\"area_subject\".\"name\", "
                     "\"area_subject\".\"slug\" FROM \"area_subject\" WHERE "
                     "\"area_subject\".\"id\" = ? LIMIT ?",
        .rows_affected = 1};
    static const struct db_context attempts = {
        .statement =
            "SELECT \"exercises_attempt\".\"is_right\"\n  FROM \"exercises_attempt\"\n WHERE "
            "UPPER(\"exercises_attempt\".\"student_email\"::text) = UPPER(?)",
        .rows_affected = 200};
    static const struct stacktrace stack = {5, frames};
    struct transaction t = transaction_of("GET /subjects/:id/summary.pdf", 42 * MS);
    struct span spans[] = {span_of(2, "SELECT FROM area_subject", &subject, 1200, 210),
        span_of(3, "SELECT FROM exercises_attempt", &attempts, 2500, 38100)};
    spans[1].stack = &stack;
    struct whole_trace trace = {.transaction = &t, .spans = spans, .span_count = 2};
    show_and_compare(&trace, 0, "pdf");
    show_and_compare(&trace, 80, "pdf_80");
    show_and_compare(&trace, 999, "pdf_120");
    struct buf text = shown(&trace, 100, true);
    compare("pdf_color", &text);
    buf_free(&text);
}

/* Composite, nested, failed and late spans, errors, labels, dropped spans. */
static void test_everything(void)
{
    static const struct db_context lesson = {
        .statement = "SELECT * FROM lesson WHERE id = ?", .rows_affected = 1};
    static const struct db_context archive = {
        .statement = "SELECT name FROM archive WHERE year = ?", .rows_affected = -1};
    static const struct http_context failing = {.method = "GET", .status = 500};
    static const struct label weak = {
        .key = "apmshim_attribution", .kind = LABEL_STRING, .string = "response"};
    static const struct label global = {.key = "weight", .kind = LABEL_NUMBER, .number = 2.5};
    static const struct dropped_span_stats stats = {
        .resource = "postgresql/school", .outcome = OUTCOME_SUCCESS, .count = 12, .sum_us = 3400};
    struct transaction t = transaction_of("POST /report", 10 * MS);
    t.outcome = OUTCOME_FAILURE;
    t.http = &failing;
    t.labels = (struct labels){1, &global};
    t.spans_dropped = 12;
    t.dropped = &stats;
    t.dropped_count = 1;
    t.spans_started = 9;
    struct span spans[] = {span_of(4, "SELECT FROM archive", &archive, 6000, 900),
        span_of(3, "SELECT FROM lesson", &lesson, 600, 5000),
        span_of(2, "make report", NULL, 500, 6500), span_of(5, "COMMIT", &lesson, 9900, 2100)};
    spans[0].parent_id = spans[1].parent_id = 2;
    spans[0].outcome = OUTCOME_FAILURE;
    spans[1].compression = COMPRESSION_EXACT_MATCH;
    spans[1].composite_count = 20;
    spans[1].composite_sum_ns = 3100000;
    spans[3].labels = (struct labels){1, &weak};
    struct error errors[] = {{.transaction_id = 1,
                                 .parent_id = 4,
                                 .exception_code = "42P01",
                                 .exception_type = "SyntaxErrorOrAccessRuleViolation",
                                 .exception_message = "relation \"archive\" does not exist"},
        {.transaction_id = 1,
            .parent_id = 1,
            .exception_type = "Crash",
            .exception_message = "the process was killed by signal 9"}};
    struct whole_trace trace = {&t, spans, 4, errors, 2, false};
    show_and_compare(&trace, 100, "everything");
}

static void test_bare(void)
{
    struct transaction t = {.trace_id = {{1}}, .timestamp_us = BEGIN_US};
    struct whole_trace trace = {.transaction = &t};
    show_and_compare(&trace, 100, "bare");
    t.sampled = true;
    t.type = "script";
    t.name = "psql";
    trace.late = true;
    show_and_compare(&trace, 100, "late");
}

/* ---- hostile ones ---- */

static const char *const hostile[] = {"", "\x1b]0;title\a\x1b[2J\x1b[31m", "\r\n\t\v\b\x7f",
    "\xc2\x9b"
    "31m",
    "\xff\xfe\xc0\x80\xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82",
    "\xe2\x80\xae"
    "txt.exe \xe2\x80\x8b\xe2\x81\xa6",
    "日本語のとても長い名前日本語のとても長い名前"
    "日本語のとても長い名前日本語のとても長い名前日本語のとても長い名前日本語のとても長い名前",
    "Z\xcc\xb6\xcc\xb7\xcc\xb8\xcc\xb9\xcc\xba\xcc\xbb\xcc\xbc"
    "algo",
    "🙂🙂🙂👩‍👩‍👧", "%s%n%d"};

static void show_hostile(const char *s)
{
    struct http_context http = {.full_url = s, .remote_address = s, .status = 200};
    struct db_context db = {.statement = s, .rows_affected = INT64_MAX};
    struct label label = {.key = s, .kind = LABEL_STRING, .string = s};
    struct frame own = {.function = s, .filename = s, .lineno = 7};
    struct stacktrace stack = {1, &own};
    struct dropped_span_stats dropped = {.resource = s, .count = 1};
    struct transaction t = transaction_of(s, 1000);
    t.type = t.result = s;
    t.http = &http;
    t.labels = (struct labels){1, &label};
    t.spans_dropped = 1;
    t.dropped = &dropped;
    t.dropped_count = 1;
    struct span span = span_of(2, s, &db, 0, 1);
    span.subtype = span.resource = s;
    span.http = &http;
    span.stack = &stack;
    span.labels = (struct labels){1, &label};
    struct error error = {
        .parent_id = 2, .exception_code = s, .exception_type = s, .exception_message = s};
    struct whole_trace trace = {&t, &span, 1, &error, 1, false};
    for (int width = 80; width <= 120; width++) {
        struct buf text = shown(&trace, width, width % 2);
        buf_free(&text);
    }
    http.status = 0;
    struct buf text = shown(&trace, 100, false);
    CHECK(!strstr(text.data, "\x1b"));
    buf_free(&text);
}

static void test_hostile(void)
{
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct buf often = {0};
        show_hostile(hostile[i]);
        for (int n = 0; n < 400; n++)
            buf_puts(&often, hostile[i]);
        show_hostile(often.data);
        buf_free(&often);
    }
}

/* Times that make no sense, parents in a circle. */
static void test_nonsense(void)
{
    static const uint64_t times[] = {0, 1, BEGIN_US, UINT64_MAX / 1000, UINT64_MAX - 1, UINT64_MAX};
    struct span spans[3];
    for (int i = 0; i < 6 * 6 * 6; i++) {
        struct transaction t = transaction_of("GET /", times[i % 6]);
        t.timestamp_us = times[i / 6 % 6];
        for (uint64_t j = 0; j < 3; j++) {
            spans[j] = span_of(j + 1, "x", NULL, 0, 0);
            spans[j].timestamp_us = times[i / 36];
            spans[j].duration_ns = times[(uint64_t)i % 5 + j % 2];
            spans[j].parent_id = (j + 1) % 3 + 1;
            spans[j].composite_sum_ns = UINT64_MAX;
            spans[j].composite_count = 2 * (unsigned)j;
        }
        struct whole_trace trace = {.transaction = &t, .spans = spans, .span_count = 3};
        struct buf text = shown(&trace, 100, false);
        buf_free(&text);
    }
}

static void test_durations(void)
{
    char text[24];
    static const struct {
        uint64_t ns;
        const char *shown;
    } all[] = {{0, "0 µs"}, {1499, "1 µs"}, {999499, "999 µs"}, {999500, "1.00 ms"},
        {9994999, "9.99 ms"}, {9995000, "10.0 ms"}, {99950000, "100 ms"}, {999500000, "1.00 s"},
        {12340000000, "12.3 s"}, {100000000000, "100 s"}, {UINT64_MAX, "18446744073 s"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        CHECK_STR(canvas_duration(text, all[i].ns), all[i].shown);
}

int main(int argc, char **argv)
{
    char folder[4096];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(folder, sizeof folder, "%.*s/samples/waterfall", (int)(slash - __FILE__), __FILE__);
    samples = folder;
    renew = argc > 1 && strcmp(argv[1], "--renew") == 0;
    setenv("TZ", "UTC", 1);
    tzset();
    test_pdf();
    test_everything();
    test_bare();
    test_hostile();
    test_nonsense();
    test_durations();
    return check_result();
}
