/* What the forwarder sends: transactions, spans, errors and metrics in the terms of intake v2.
 *
 * Ownership: an event and all it points to belong to the caller of a sink and are valid only during
 * the call; a sink copies what it keeps. Strings are NUL-terminated, may hold any bytes (the
 * encoder repairs UTF-8), and may be NULL where the field is absent. Single-threaded. */
#ifndef APMSHIM_TRACE_MODEL_H
#define APMSHIM_TRACE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome { OUTCOME_UNKNOWN, OUTCOME_SUCCESS, OUTCOME_FAILURE };

/* 16 bytes as sent on the wire; all-zero is "none" (W3C trace context). */
struct trace_id {
    uint8_t bytes[16];
};

struct frame {
    const char *function; /* demangled, or "module+0x1234" where no symbol is known */
    const char *filename; /* short name shown to people; never NULL */
    const char *abs_path;
    const char *module; /* shared object's or package's name */
    int lineno;         /* 0: unknown */
    bool library_frame;
    bool installed; /* the service's own as part of the package that was started; not sent */
    const char *context_line; /* source; NULL: not wanted or not to be had */
    const char *const *pre_context, *const *post_context;
    size_t pre_count, post_count;
};

/* Innermost frame first. */
struct stacktrace {
    size_t count;
    const struct frame *frames;
};

struct header {
    const char *name, *value;
};

struct headers {
    size_t count;
    const struct header *items;
};

/* One HTTP exchange, of a transaction (server side) or of a span (client side). */
struct http_context {
    const char *method;
    const char *http_version; /* "1.1" */
    const char *scheme;       /* "http" or "https" */
    const char *host;         /* without port */
    int port;                 /* 0: unknown */
    const char *path;         /* without query, as received */
    const char *query;        /* without '?', or NULL */
    const char *full_url;
    struct headers request_headers, response_headers, cookies; /* sanitised already */
    int status;                                                /* 0: no response seen */
    const char *remote_address;
};

enum label_kind { LABEL_STRING, LABEL_NUMBER, LABEL_BOOL };

struct label {
    const char *key;
    enum label_kind kind;
    const char *string;
    double number; /* also the bool */
};

struct labels {
    size_t count;
    const struct label *items;
};

/* All NULL: none was seen. */
struct framework {
    const char *name, *version;
};

struct dropped_span_stats {
    const char *resource, *target_type, *target_name;
    enum outcome outcome;
    uint64_t count, sum_us;
};

struct transaction {
    struct trace_id trace_id;
    uint64_t id, parent_id; /* parent_id 0: root */
    const char *name, *type, *result;
    enum outcome outcome;
    uint64_t timestamp_us; /* since the epoch, UTC */
    uint64_t duration_ns;
    bool sampled;
    double sample_rate; /* < 0: unknown, not sent */
    unsigned spans_started, spans_dropped;
    const struct dropped_span_stats *dropped;
    size_t dropped_count;
    const struct http_context *http; /* NULL: not HTTP */
    struct framework framework;
    struct labels labels;
};

enum compression { COMPRESSION_NONE, COMPRESSION_EXACT_MATCH, COMPRESSION_SAME_KIND };

struct db_context {
    const char *type; /* "sql", "redis" */
    const char *instance, *statement, *user;
    int64_t rows_affected; /* < 0: unknown */
};

struct span {
    struct trace_id trace_id;
    uint64_t id, parent_id, transaction_id;
    const char *name, *type, *subtype, *action;
    enum outcome outcome;
    uint64_t timestamp_us, duration_ns;
    double sample_rate; /* < 0: unknown, not sent */
    int sync;           /* 1, 0, or -1: unknown */
    const struct db_context *db;
    const struct http_context *http;
    const char *destination_address; /* host name, IP address or socket folder */
    int destination_port;            /* 0: unknown */
    const char *target_type, *target_name;
    const char *resource;           /* context.destination.service.resource */
    const struct stacktrace *stack; /* NULL: none taken or not due */
    enum compression compression;   /* of a composite span */
    unsigned composite_count;
    uint64_t composite_sum_ns;
    struct labels labels;
};

struct error {
    struct trace_id id, trace_id;
    uint64_t transaction_id, parent_id; /* 0: none */
    uint64_t timestamp_us;
    const char *exception_type, *exception_message, *exception_code, *exception_module;
    bool handled;
    const char *culprit;
    const struct stacktrace *stack;
    const struct http_context *http; /* of the request that it happened in; NULL: none */
    struct framework framework;
    bool transaction_sampled;
    const char *transaction_name, *transaction_type;
    struct labels labels; /* of context.tags */
};

struct sample {
    const char *name;
    double value;
};

struct metricset {
    uint64_t timestamp_us;
    size_t count;
    const struct sample *samples;
    struct labels labels;
    /* Breakdown metrics only; NULL otherwise. */
    const char *transaction_name, *transaction_type, *span_type, *span_subtype;
};

/* Who sends: one per process group traced. NULL strings are left out. */
struct metadata {
    const char *service_name, *service_version, *environment, *service_node_name;
    const char *agent_version, *ephemeral_id, *activation_method;
    const char *language_name, *language_version, *runtime_name, *runtime_version, *framework_name;
    int pid, ppid;
    const char *title; /* argv[0]'s path, <= 1024 */
    const char *const *argv;
    size_t argc;
    const char *detected_hostname, *configured_hostname, *architecture, *platform, *container_id;
    const char *kubernetes_namespace, *kubernetes_node, *kubernetes_pod, *kubernetes_pod_uid;
    struct labels global_labels;
};

/* Where finished events go. Any member may be NULL. */
struct sink {
    void (*transaction)(void *self, const struct transaction *transaction);
    void (*span)(void *self, const struct span *span);
    void (*error)(void *self, const struct error *error);
    void (*metricset)(void *self, const struct metricset *metricset);
    /* Called about ten times a second with CLOCK_MONOTONIC ns: sends what is due. */
    void (*tick)(void *self, uint64_t now_ns);
    /* Hands over all that is held and waits, at most limit_ms, until it has been delivered. */
    void (*flush)(void *self, unsigned limit_ms);
    /* The last call: deliver everything, for at most limit_ms, and free self. */
    void (*finish)(void *self, unsigned limit_ms);
    void *self;
};

#endif
