#include "export/intake.h"

#include <string.h>

#include "export/intake_parts.h"
#include "export/json.h"

enum { TARGET_CHARS = 512 /* of dropped_spans_stats' targets */ };

static const char *or_else(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

static bool none(const struct trace_id *id)
{
    static const struct trace_id zero;
    return memcmp(id, &zero, sizeof zero) == 0;
}

static void add_trace_id(struct buf *b, const char *key, const struct trace_id *id)
{
    json_hex(b, key, id->bytes, sizeof id->bytes);
}

/* {"kind":{ ... : what is appended until end_line() is the event. */
static size_t begin_line(struct buf *b, const char *kind)
{
    size_t at = b->len;
    json_object(b, NULL);
    json_object(b, kind);
    return at;
}

/* Takes the line back if the server would refuse it. */
static bool end_line(struct buf *b, size_t at)
{
    buf_puts(b, "}}\n");
    if (b->len - at <= INTAKE_LINE_MAX)
        return true;
    b->len = at;
    b->data[at] = '\0';
    return false;
}

/* ---- transactions ---- */

static void add_dropped_stats(struct buf *b, const struct transaction *t)
{
    size_t array = json_array(b, "dropped_spans_stats");
    for (size_t i = 0; i < t->dropped_count; i++) {
        const struct dropped_span_stats *stats = &t->dropped[i];
        size_t entry = json_object(b, NULL), duration, sum;
        intake_keyword(b, "destination_service_resource", stats->resource);
        json_string(b, "service_target_type", stats->target_type, TARGET_CHARS);
        json_string(b, "service_target_name", stats->target_name, TARGET_CHARS);
        intake_outcome(b, stats->outcome);
        duration = json_object(b, "duration");
        json_integer(b, "count", (int64_t)(stats->count ? stats->count : 1));
        sum = json_object(b, "sum");
        json_integer(b, "us", (int64_t)stats->sum_us);
        json_end(b, sum);
        json_end(b, duration);
        json_end(b, entry);
    }
    json_end(b, array);
}

static void add_span_count(struct buf *b, const struct transaction *t)
{
    size_t at = json_object(b, "span_count");
    json_integer(b, "started", t->spans_started);
    if (t->spans_dropped)
        json_integer(b, "dropped", t->spans_dropped);
    json_end(b, at);
}

static void add_transaction_context(struct buf *b, const struct transaction *t, bool with_headers)
{
    size_t at = json_object(b, "context");
    intake_framework(b, &t->framework);
    if (t->http)
        intake_server_http(b, t->http, with_headers);
    intake_labels(b, "tags", &t->labels);
    json_end(b, at);
}

static bool encode_transaction(struct buf *b, const struct transaction *t, bool with_headers)
{
    size_t line = begin_line(b, "transaction");
    json_hex64(b, "id", t->id);
    add_trace_id(b, "trace_id", &t->trace_id);
    if (t->parent_id)
        json_hex64(b, "parent_id", t->parent_id);
    intake_keyword(b, "name", t->name);
    json_string(b, "type", or_else(t->type, "custom"), JSON_KEYWORD);
    intake_keyword(b, "result", t->result);
    intake_outcome(b, t->outcome);
    json_integer(b, "timestamp", (int64_t)t->timestamp_us);
    json_milliseconds(b, "duration", t->duration_ns);
    json_bool(b, "sampled", t->sampled);
    if (t->sample_rate >= 0)
        json_number(b, "sample_rate", t->sample_rate);
    add_span_count(b, t);
    if (t->sampled) {
        add_dropped_stats(b, t);
        add_transaction_context(b, t, with_headers);
    }
    return end_line(b, line);
}

bool intake_encode_transaction(struct buf *b, const struct transaction *transaction)
{
    return encode_transaction(b, transaction, true) || encode_transaction(b, transaction, false);
}

/* ---- spans ---- */

static void add_stack(struct buf *b, const struct stacktrace *stack, struct stack_cache *cache)
{
    if (!stack || !stack->count)
        return;
    json_key(b, "stacktrace");
    stack_cache_add(cache, b, stack);
}

static void add_db(struct buf *b, const struct db_context *db)
{
    size_t at = json_object(b, "db");
    intake_keyword(b, "type", db->type);
    intake_keyword(b, "instance", db->instance);
    if (db->statement && *db->statement)
        json_string(b, "statement", db->statement, JSON_LONG);
    intake_keyword(b, "user", db->user);
    if (db->rows_affected >= 0)
        json_integer(b, "rows_affected", db->rows_affected);
    json_end(b, at);
}

static void add_destination(struct buf *b, const struct span *span)
{
    size_t at = json_object(b, "destination"), service;
    intake_keyword(b, "address", span->destination_address);
    if (span->destination_port > 0)
        json_integer(b, "port", span->destination_port);
    service = json_object(b, "service");
    if (span->resource && *span->resource) {
        json_string(b, "name", "", JSON_KEYWORD); /* servers before 7.14 want these two */
        json_string(b, "type", "", JSON_KEYWORD);
        json_string(b, "resource", span->resource, JSON_KEYWORD);
    }
    json_end(b, service);
    json_end(b, at);
}

static void add_target(struct buf *b, const struct span *span)
{
    size_t service = json_object(b, "service"), target = json_object(b, "target");
    intake_keyword(b, "type", span->target_type);
    intake_keyword(b, "name", span->target_name);
    json_end(b, target);
    json_end(b, service);
}

static void add_span_context(struct buf *b, const struct span *span)
{
    size_t at = json_object(b, "context");
    add_target(b, span);
    add_destination(b, span);
    if (span->db)
        add_db(b, span->db);
    if (span->http)
        intake_client_http(b, span->http);
    intake_labels(b, "tags", &span->labels);
    json_end(b, at);
}

static void add_composite(struct buf *b, const struct span *span)
{
    if (span->compression == COMPRESSION_NONE || span->composite_count < 2)
        return;
    size_t at = json_object(b, "composite");
    bool exact = span->compression == COMPRESSION_EXACT_MATCH;
    json_string(b, "compression_strategy", exact ? "exact_match" : "same_kind", JSON_KEYWORD);
    json_integer(b, "count", span->composite_count);
    json_milliseconds(b, "sum", span->composite_sum_ns);
    json_end(b, at);
}

static bool encode_span(struct buf *b, const struct span *span, struct stack_cache *cache,
    const struct stacktrace *stack)
{
    size_t line = begin_line(b, "span");
    json_hex64(b, "id", span->id);
    add_trace_id(b, "trace_id", &span->trace_id);
    json_hex64(b, "parent_id", span->parent_id);
    if (span->transaction_id)
        json_hex64(b, "transaction_id", span->transaction_id);
    json_string(b, "name", or_else(span->name, "unnamed"), JSON_KEYWORD);
    json_string(b, "type", or_else(span->type, "custom"), JSON_KEYWORD);
    intake_keyword(b, "subtype", span->subtype);
    intake_keyword(b, "action", span->action);
    intake_outcome(b, span->outcome);
    json_integer(b, "timestamp", (int64_t)span->timestamp_us);
    json_milliseconds(b, "duration", span->duration_ns);
    if (span->sample_rate >= 0)
        json_number(b, "sample_rate", span->sample_rate);
    if (span->sync >= 0)
        json_bool(b, "sync", span->sync != 0);
    add_composite(b, span);
    add_span_context(b, span);
    add_stack(b, stack, cache);
    return end_line(b, line);
}

bool intake_encode_span(struct buf *b, const struct span *span, struct stack_cache *cache)
{
    return encode_span(b, span, cache, span->stack) || encode_span(b, span, cache, NULL);
}

/* ---- errors ---- */

static void add_exception(struct buf *b, const struct error *error, struct stack_cache *cache,
    const struct stacktrace *stack)
{
    size_t at = json_object(b, "exception");
    const char *message = error->exception_message;
    if (!or_else(error->exception_type, message))
        message = "unknown error"; /* the schema wants either */
    intake_keyword(b, "type", error->exception_type);
    if (message && *message)
        json_string(b, "message", message, JSON_LONG);
    intake_keyword(b, "code", error->exception_code);
    intake_keyword(b, "module", error->exception_module);
    json_bool(b, "handled", error->handled);
    add_stack(b, stack, cache);
    json_end(b, at);
}

/* Each of the ids requires the others. */
static void add_error_ids(struct buf *b, const struct error *error)
{
    add_trace_id(b, "id", &error->id);
    if (none(&error->trace_id) || !error->parent_id)
        return;
    add_trace_id(b, "trace_id", &error->trace_id);
    json_hex64(b, "parent_id", error->parent_id);
    if (!error->transaction_id)
        return;
    json_hex64(b, "transaction_id", error->transaction_id);
    size_t at = json_object(b, "transaction");
    json_bool(b, "sampled", error->transaction_sampled);
    intake_keyword(b, "name", error->transaction_name);
    intake_keyword(b, "type", error->transaction_type);
    json_end(b, at);
}

static bool encode_error(struct buf *b, const struct error *error, struct stack_cache *cache,
    const struct stacktrace *stack, bool with_headers)
{
    size_t line = begin_line(b, "error"), context;
    add_error_ids(b, error);
    json_integer(b, "timestamp", (int64_t)error->timestamp_us);
    intake_keyword(b, "culprit", error->culprit);
    add_exception(b, error, cache, stack);
    context = json_object(b, "context");
    intake_framework(b, &error->framework);
    if (error->http)
        intake_server_http(b, error->http, with_headers);
    intake_labels(b, "tags", &error->labels);
    json_end(b, context);
    return end_line(b, line);
}

bool intake_encode_error(struct buf *b, const struct error *error, struct stack_cache *cache)
{
    return encode_error(b, error, cache, error->stack, true) ||
           encode_error(b, error, cache, error->stack, false) ||
           encode_error(b, error, cache, NULL, false);
}

/* ---- metrics ---- */

static void add_samples(struct buf *b, const struct metricset *set)
{
    size_t at = json_object(b, "samples"), sample;
    for (size_t i = 0; i < set->count; i++) {
        if (set->samples[i].value - set->samples[i].value != 0) /* NaN or infinite */
            continue;
        json_key(b, set->samples[i].name);
        sample = json_object(b, NULL);
        json_number(b, "value", set->samples[i].value);
        json_end(b, sample);
    }
    json_end_kept(b, at);
}

bool intake_encode_metricset(struct buf *b, const struct metricset *set)
{
    size_t line = begin_line(b, "metricset"), at;
    json_integer(b, "timestamp", (int64_t)set->timestamp_us);
    at = json_object(b, "transaction");
    intake_keyword(b, "name", set->transaction_name);
    intake_keyword(b, "type", set->transaction_type);
    json_end(b, at);
    at = json_object(b, "span");
    intake_keyword(b, "type", set->span_type);
    intake_keyword(b, "subtype", set->span_subtype);
    json_end(b, at);
    add_samples(b, set);
    intake_labels(b, "tags", &set->labels);
    return end_line(b, line);
}
