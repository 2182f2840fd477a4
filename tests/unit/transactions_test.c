/* When transactions that have ended are sent. */
#include "check.h"

#include "options.h"
#include "trace/state.h"
#include "trace/tracer.h"

#define SECOND UINT64_C(1000000000)

static unsigned sent;
static uint64_t last_us;

static void count(void *self, const struct transaction *event)
{
    (void)self;
    sent++;
    last_us = event->timestamp_us;
}

static const struct sink counting = {.transaction = count};

static void begin_and_end(struct tracer *tracer, uint64_t start, uint64_t end)
{
    struct live_transaction *t = transaction_begin(tracer, "request", start);
    transaction_end(tracer, t, end);
    transaction_drop(tracer, t);
}

/* Whatever end garbage in the ring gave to one, others do not wait for it. */
static void test_far_future(void)
{
    struct tracer *tracer = tracer_new(options_load(), &counting, 0);
    sent = 0;
    begin_and_end(tracer, SECOND, UINT64_MAX - SECOND);
    for (unsigned i = 1; i <= 10; i++)
        begin_and_end(tracer, i * SECOND, i * SECOND + 1000);
    tracer_tick(tracer, 60 * SECOND);
    CHECK(sent == 10);
    tracer_finish(tracer);
    CHECK(sent == 11);
}

/* They are sent in the order of their ends, each once, and not at once. */
static void test_order(void)
{
    static const unsigned ends[] = {5, 3, 9, 1, 7, 3};
    struct tracer *tracer = tracer_new(options_load(), &counting, 0);
    sent = 0;
    for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++)
        begin_and_end(tracer, ends[i] * SECOND, ends[i] * SECOND);
    tracer_tick(tracer, 9 * SECOND);
    CHECK(sent == 5);
    CHECK(last_us == 7000000);
    tracer_finish(tracer);
    CHECK(sent == 6);
    CHECK(last_us == 9000000);
}

int main(void)
{
    test_far_future();
    test_order();
    return check_result();
}
