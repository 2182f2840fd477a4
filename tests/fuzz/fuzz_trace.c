/* Anything that processes may do, as records: what the tracer makes of it holds together. Every
 * event belongs to a transaction that is sent once, counts are true, and every line can be sent. */
#include <uthash.h>

#include "events.h"
#include "records.h"
#include "trace/tracer.h"

struct known_transaction {
    uint64_t id;
    bool sent;
    unsigned spans; /* sent so far */
    struct trace_id trace_id;
    UT_hash_handle hh;
};

struct known_span {
    uint64_t id, transaction_id;
    UT_hash_handle hh;
};

struct audit {
    struct known_transaction *transactions;
    struct known_span *spans;
    struct stack_cache *cache;
    struct buf line;
};

static struct known_transaction *known_transaction(
    struct audit *audit, uint64_t id, const struct trace_id *trace_id)
{
    struct known_transaction *t;
    HASH_FIND(hh, audit->transactions, &id, sizeof id, t);
    if (!t) {
        t = calloc(1, sizeof *t);
        t->id = id;
        t->trace_id = *trace_id;
        HASH_ADD(hh, audit->transactions, id, sizeof t->id, t);
    }
    require(memcmp(&t->trace_id, trace_id, sizeof *trace_id) == 0);
    return t;
}

static void on_transaction(void *self, const struct transaction *event)
{
    struct audit *audit = self;
    struct known_transaction *t = known_transaction(audit, event->id, &event->trace_id);
    require(event->id && !t->sent && event->type);
    require(event->spans_started == t->spans);
    require(event->dropped_count <= event->spans_dropped);
    t->sent = true;
    if (intake_encode_transaction(&audit->line, event))
        require_line(&audit->line, JSON_REJECT_DUPLICATES);
}

static void on_span(void *self, const struct span *event)
{
    struct audit *audit = self;
    struct known_transaction *t = known_transaction(audit, event->transaction_id, &event->trace_id);
    struct known_span *span;
    HASH_FIND(hh, audit->spans, &event->id, sizeof event->id, span);
    require(event->id && !span && event->parent_id && event->name && event->type);
    require(event->compression == COMPRESSION_NONE || event->composite_count > 1);
    t->spans++;
    span = calloc(1, sizeof *span);
    span->id = event->id;
    span->transaction_id = event->transaction_id;
    HASH_ADD(hh, audit->spans, id, sizeof span->id, span);
    if (intake_encode_span(&audit->line, event, audit->cache))
        require_line(&audit->line, JSON_REJECT_DUPLICATES);
}

static void on_error(void *self, const struct error *event)
{
    struct audit *audit = self;
    require(event->transaction_id && event->exception_message);
    (void)known_transaction(audit, event->transaction_id, &event->trace_id);
    if (intake_encode_error(&audit->line, event, audit->cache))
        require_line(&audit->line, JSON_REJECT_DUPLICATES);
}

static void audit_end(struct audit *audit)
{
    struct known_transaction *t, *next;
    struct known_span *span, *next_span;
    HASH_ITER(hh, audit->transactions, t, next)
    {
        require(t->sent);
        HASH_DEL(audit->transactions, t);
        free(t);
    }
    HASH_ITER(hh, audit->spans, span, next_span)
    {
        HASH_DEL(audit->spans, span);
        free(span);
    }
    stack_cache_free(audit->cache);
    buf_free(&audit->line);
}

static struct options options_by(uint8_t choice)
{
    struct options options = *options_load();
    options.span_stack_trace_min_duration = 0;
    if (choice & 1)
        options.transaction_max_spans = 2;
    if (choice & 2)
        options.span_compression_same_kind_max_duration = 50000000;
    if (choice & 4)
        options.exit_span_min_duration = 1000;
    if (choice & 8)
        options.transaction_ignore_urls = "/orders/*";
    if (choice & 16)
        options.sql = SQL_RAW;
    if (choice & 32)
        options.span_compression_enabled = false;
    if (choice & 64)
        options.transaction_sample_rate = 0;
    return options;
}

enum { BROKEN = REC_TYPES, ENDED, TICK, CHOICES };

static void happen(struct records *records, struct tracer *tracer)
{
    unsigned choice = input_byte(&records->input) % CHOICES;
    records_pass_time(records);
    records_choose_writer(records);
    if (choice == ENDED) {
        tracer_process_ended(tracer, records->writer.pid, records->time);
    } else if (choice == TICK) {
        tracer_tick(tracer, records->time);
    } else if (choice == BROKEN) {
        if (records_broken(records))
            tracer_record(tracer, &records->writer, &records->record.head);
    } else {
        records_of_type(records, choice);
        tracer_record(tracer, &records->writer, &records->record.head);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct records records;
    records.input = (struct input){data, size};
    records.time = UINT64_C(1000000000);
    struct options options = options_by(input_byte(&records.input));
    struct audit audit = {.cache = stack_cache_new()};
    const struct sink sink = {
        .transaction = on_transaction, .span = on_span, .error = on_error, .self = &audit};
    struct tracer *tracer = tracer_new(&options, &sink, UINT64_C(1700000000000000000));
    while (records.input.size)
        happen(&records, tracer);
    tracer_finish(tracer);
    audit_end(&audit);
    return 0;
}
