/* Errors of requests: when they are sent, and with what. */
#include <stdlib.h>

#include "check.h"

#include "options.h"
#include "trace/state.h"
#include "trace/tracer.h"

#define SECOND UINT64_C(1000000000)

static unsigned sent, before; /* before: errors that came before the transaction */
static struct error last;
static int last_status;

static void take_error(void *self, const struct error *error)
{
    (void)self;
    sent++;
    last = *error;
    last_status = error->http ? error->http->status : -1;
}

static void take_transaction(void *self, const struct transaction *event)
{
    (void)self;
    (void)event;
    before = sent;
}

static const struct sink taking = {.transaction = take_transaction, .error = take_error};

static struct live_transaction *begin(struct tracer *tracer, const char *method)
{
    struct live_transaction *t = transaction_begin(tracer, "request", SECOND);
    t->http.method = method;
    t->event.http = method ? &t->http : NULL;
    sent = before = 0;
    return t;
}

static uint64_t fail(struct tracer *tracer, struct live_transaction *t, bool span_sent)
{
    struct live_span *span = calloc(1, sizeof *span);
    uint64_t id = span->event.id = new_id(tracer);
    span->start = 2 * SECOND;
    span->end = 3 * SECOND;
    span->sent = span_sent;
    span->transaction = t;
    transaction_hold(t);
    span_fail(span, &(struct call_failure){.type = "Failure", .message = "no"});
    error_hold(tracer, span);
    return id;
}

static void end(struct tracer *tracer, struct live_transaction *t, int status)
{
    t->http.status = status;
    t->event.outcome = status >= 500 ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
    transaction_end(tracer, t, 4 * SECOND);
    transaction_drop(tracer, t);
    transactions_flush(tracer);
}

static void test_request(struct tracer *tracer)
{
    static const struct {
        int status;
        bool handled;
    } answers[] = {{200, true}, {404, true}, {499, true}, {500, false}, {503, false}, {0, true}};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct live_transaction *t = begin(tracer, "GET");
        uint64_t id = fail(tracer, t, true);
        CHECK(sent == 0);
        end(tracer, t, answers[i].status);
        CHECK(sent == 1 && before == 1);
        CHECK(last.handled == answers[i].handled && last_status == answers[i].status);
        CHECK(last.parent_id == id && last.timestamp_us == 3000000);
    }
}

/* What is not sent is no parent. */
static void test_dropped_span(struct tracer *tracer)
{
    struct live_transaction *t = begin(tracer, "GET");
    uint64_t transaction = t->event.id;
    fail(tracer, t, false);
    end(tracer, t, 200);
    CHECK(sent == 1 && last.parent_id == transaction && last.transaction_id == transaction);
}

static void test_no_request(struct tracer *tracer)
{
    struct live_transaction *t = begin(tracer, NULL);
    fail(tracer, t, true);
    CHECK(sent == 1 && last.handled && last_status == -1);
    end(tracer, t, 0);
    CHECK(sent == 1);
}

static void test_many(struct tracer *tracer)
{
    struct live_transaction *t = begin(tracer, "GET");
    for (unsigned i = 0; i < 1000; i++)
        fail(tracer, t, true);
    CHECK(sent > 900 && sent < 1000);
    end(tracer, t, 500);
    CHECK(sent == 1000);
}

static void test_late(struct tracer *tracer)
{
    struct live_transaction *t = begin(tracer, "GET");
    transaction_hold(t);
    end(tracer, t, 500);
    fail(tracer, t, true);
    CHECK(sent == 1 && !last.handled);
    transaction_drop(tracer, t);
}

static void test_never_ended(struct tracer *tracer)
{
    struct live_transaction *t = begin(tracer, "GET");
    fail(tracer, t, true);
    CHECK(sent == 0);
    transaction_drop(tracer, t);
    CHECK(sent == 1);
}

static void test_ignored(struct tracer *tracer)
{
    struct live_transaction *t = begin(tracer, "GET");
    t->ignored = true;
    fail(tracer, t, true);
    end(tracer, t, 500);
    CHECK(sent == 0);
}

int main(void)
{
    struct tracer *tracer = tracer_new(options_load(), &taking, 0);
    test_request(tracer);
    test_dropped_span(tracer);
    test_no_request(tracer);
    test_many(tracer);
    test_late(tracer);
    test_never_ended(tracer);
    test_ignored(tracer);
    tracer_finish(tracer);
    return check_result();
}
