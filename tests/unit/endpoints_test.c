/* The list of endpoints against sums made by hand. */
#include <math.h>

#include "check.h"
#include "export/endpoints_table.h"
#include "terminal_text.h"

#define MS UINT64_C(1000000)

static uint64_t next_id;

static void add(
    struct sink *sink, const char *name, uint64_t at_ms, uint64_t ns, enum outcome outcome)
{
    struct transaction t = {.id = ++next_id,
        .name = name,
        .type = "request",
        .timestamp_us = 1700000000000000 + at_ms * 1000,
        .duration_ns = ns,
        .outcome = outcome,
        .sampled = true};
    struct span span = {.transaction_id = t.id,
        .parent_id = t.id,
        .id = t.id + 1000000,
        .name = name,
        .timestamp_us = t.timestamp_us,
        .duration_ns = ns / 2};
    sink->span(sink->self, &span);
    sink->transaction(sink->self, &t);
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static void test_sums(void)
{
    struct endpoints *e = endpoints_new();
    struct sink sink = endpoints_sink(e);
    for (uint64_t i = 1; i <= 100; i++) /* 1 to 100 ms: 5050 ms in all */
        add(&sink, "GET /a", i * 100, (i * 37 % 101) * MS,
            i % 4 ? OUTCOME_SUCCESS : OUTCOME_FAILURE);
    add(&sink, "GET /b", 0, 4950 * MS, OUTCOME_UNKNOWN);
    for (int i = 0; i < 20; i++)
        sink.tick(sink.self, 0);
    struct endpoint_list list = endpoints_list(e);
    CHECK(list.count == 2 && list.requests == 101);
    CHECK(list.end_us - list.begin_us == 10064000); /* the 100th: 64 ms from 10 s on */
    const struct endpoint *a = &list.items[0], *b = &list.items[1];
    CHECK_STR(a->name, "GET /a");
    CHECK(a->requests == 100 && a->failures == 25 && a->successes == 75);
    CHECK(a->total_ns == 5050 * MS && a->average_ns == 50500000 && a->percentile95_ns == 95 * MS);
    CHECK(near(endpoint_failure_rate(a), 0.25) && near(a->impact, 0.505));
    CHECK(a->slowest->transaction->duration_ns == 100 * MS && a->slowest->span_count == 1);
    CHECK(b->percentile95_ns == 4950 * MS && endpoint_failure_rate(b) < 0);
    CHECK(endpoints_slowest(&list) == b);
    add(&sink, "GET /b", 20000, 150 * MS, OUTCOME_SUCCESS);
    list = endpoints_list(e);
    CHECK_STR(list.items[0].name, "GET /b");
    CHECK(list.items[0].requests == 2 && list.items[0].percentile95_ns == 4950 * MS);
    endpoints_free(e);
}

static void test_few(void)
{
    struct endpoints *e = endpoints_new();
    struct sink sink = endpoints_sink(e);
    struct endpoint_list list = endpoints_list(e);
    CHECK(list.count == 0 && !endpoints_slowest(&list));
    struct transaction nameless = {.id = 1};
    sink.transaction(sink.self, &nameless);
    list = endpoints_list(e);
    CHECK(list.count == 1 && list.items->percentile95_ns == 0 && list.items->impact == 0);
    endpoints_free(e);
}

static void test_table(void)
{
    struct endpoints *e = endpoints_new();
    struct sink sink = endpoints_sink(e);
    struct buf text = {0};
    for (uint64_t i = 0; i < 60; i++)
        add(&sink, "GET /often", i * 1000, 2 * MS, OUTCOME_SUCCESS);
    add(&sink, "POST /\x1b[2J\xff", 0, 30 * MS, OUTCOME_FAILURE);
    add(&sink, "GET summary.views.siteView.archive.DownloadSummaryPDF.get", 0, 0, OUTCOME_SUCCESS);
    add(&sink, "GET one_very_long_word_of_somebody_who_does_not_like_folders", 0, 0,
        OUTCOME_SUCCESS);
    add(&sink, "GET /\xe2\x80\xae/\xff/\x1b[1m.\n.\a./////////////////////////////////////", 0, 0,
        OUTCOME_UNKNOWN);
    for (int width = 80; width <= 120; width += 20) {
        struct endpoint_list list = endpoints_list(e);
        struct look look = {width, width == 80};
        buf_clear(&text);
        endpoints_table(&text, &list, "school", &look);
        const char *problem = terminal_text_problem(&text, width, look.color);
        CHECK_STR(problem ? problem : "none", "none");
        if (width == 100) {
            CHECK(strstr(text.data, "\nGET …archive.DownloadSummaryPDF.get  "));
            CHECK(strstr(text.data, "\nGET one_very_long_word_of_somebody_wh…"));
        }
    }
    CHECK(strstr(text.data, "school  64 requests to 5 endpoints in 59.0 s\n"));
    CHECK(strstr(text.data, " 60     61.0   2.00 ms   2.00 ms     0 %"));
    CHECK(strstr(text.data, "100 %") && strstr(text.data, "80.0 %") && strstr(text.data, "20.0 %"));
    CHECK(strstr(text.data, "The slowest request of the slowest endpoint:\n\n✗ POST /"));
    buf_free(&text);
    endpoints_free(e);
}

int main(void)
{
    test_sums();
    test_few();
    test_table();
    return check_result();
}
