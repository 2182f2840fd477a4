#include "options_others.h"

#include <string.h>

#include "base/bytes.h"

enum { OTHERS_MAX = 32, NAME_BYTES_MAX = 80 };

/* Options of Elastic's agents that this one does not have, from their documentation. */
static const char *const known[] = {"ACTIVE", "AGENT_BACKGROUND_OVERHEAD_METRICS",
    "API_BUFFER_SIZE", "APPLICATION_PACKAGES", "APPLICATION_PACKAGES_FILTER", "ASYNC_MODE",
    "AUTOINSERT_DJANGO_MIDDLEWARE", "AUTO_LOG_STACKS", "BAGGAGE_TO_ATTACH", "CAPTURE_BODY",
    "CAPTURE_BODY_CONTENT_TYPES", "CAPTURE_ERRORS", "CAPTURE_ERROR_LOG_STACK_TRACES",
    "CAPTURE_EXCEPTIONS", "CAPTURE_JMX_METRICS", "CAPTURE_SPAN_STACK_TRACES", "CENTRAL_CONFIG",
    "CIRCUIT_BREAKER_ENABLED", "CLOUD_PROVIDER", "COLLECT_LOCAL_VARIABLES", "CONFIG_FILE",
    "CONTEXT_MANAGER", "CONTEXT_PROPAGATION_ONLY", "DEBUG", "DEFAULT_TAGS",
    "DISABLED_INSTRUMENTATIONS", "DISABLE_INSTRUMENTATIONS", "DISABLE_LOG_RECORD_FACTORY",
    "DJANGO_AUTOINSERT_MIDDLEWARE", "DJANGO_TRANSACTION_NAME_FROM_ROUTE",
    "ELASTICSEARCH_CAPTURE_BODY_URLS", "ENABLE_LOG_CORRELATION", "ENABLE_PROFILING",
    "ERROR_MESSAGE_MAX_LENGTH", "ERROR_ON_ABORTED_REQUESTS", "EXCLUDE_PATHS",
    "FILTER_EXCEPTION_TYPES", "FLUSH_INTERVAL", "FRAMEWORK_NAME", "FRAMEWORK_VERSION",
    "IGNORE_EXCEPTIONS", "IGNORE_MESSAGE_QUEUES", "IGNORE_URLS", "INCLUDE_PATHS", "INSTRUMENT",
    "INSTRUMENT_INCOMING_HTTP_REQUESTS", "LOCAL_VAR_MAX_LENGTH", "LOGGER", "LOG_ECS_REFORMATTING",
    "LOG_FILE_SIZE", "LOG_FORMAT_SOUT", "LOG_LEVEL_STDERR", "LOG_LEVEL_SYSLOG", "LOG_PATH",
    "LOG_SENDING", "LOG_UNCAUGHT_EXCEPTIONS", "LONG_FIELD_MAX_LENGTH", "MAX_QUEUE_SIZE",
    "METRICS_LIMIT", "METRICS_SETS", "MONGODB_CAPTURE_STATEMENT_COMMANDS",
    "OPENTELEMETRY_BRIDGE_ENABLED", "POOL_SIZE", "PROCESSORS", "PROFILING_INFERRED_SPANS_ENABLED",
    "PROMETHEUS_METRICS", "PROXY_ADDRESS", "PROXY_PORT", "SERVER", "SERVER_CA_CERT", "SERVER_CERT",
    "SERVER_INFO", "SERVER_URLS", "SOURCE_LINES_ERROR_APP_FRAMES",
    "SOURCE_LINES_ERROR_LIBRARY_FRAMES", "SOURCE_LINES_SPAN_APP_FRAMES",
    "SOURCE_LINES_SPAN_LIBRARY_FRAMES", "SPAN_FRAMES_MIN_DURATION", "STRESS_MONITORING_INTERVAL",
    "TEMPLATE_PARSING", "TRACES_SEND_FREQ", "TRACE_CONTINUATION_STRATEGY", "TRACE_METHODS",
    "TRACE_METHODS_DURATION_THRESHOLD", "TRANSACTIONS_IGNORE_PATTERNS",
    "TRANSACTION_IGNORE_USER_AGENTS", "UNIVERSAL_PROFILING_INTEGRATION_ENABLED", "USE_CERTIFI",
    "USE_ELASTIC_TRACEPARENT_HEADER", "USE_JAXRS_PATH_AS_TRANSACTION_NAME", "USE_STRUCTLOG",
    "WINDOWS_CLOUD"};

/* Told by whoever starts the service. */
static const char *const told[] = {"ACTIVATION_METHOD", "LAMBDA_APM_SERVER"};

static bool is_one_of(const char *const *names, size_t count, struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of(names[i]), name))
            return true;
    return false;
}

#define IS_ONE_OF(names, name) is_one_of(names, sizeof(names) / sizeof *(names), name)

static bool has_prefix(struct bytes variable, struct bytes prefix)
{
    return variable.len > prefix.len && bytes_start_with(variable, prefix);
}

static const char *meaning_of(struct bytes variable)
{
    const struct bytes upstream = BYTES("ELASTIC_APM_"), own = BYTES("APMSHIM_");
    if (!has_prefix(variable, upstream))
        return has_prefix(variable, own) ? "is no option that is known" : NULL;
    struct bytes name = bytes_skip(variable, upstream.len);
    if (IS_ONE_OF(told, name))
        return NULL;
    return IS_ONE_OF(known, name) ? "is an option of other agents that this one does not have"
                                  : "is no option that is known";
}

void options_name_others(
    char *const *environment, bool (*is_ours)(const char *name, size_t len), struct buf *lines)
{
    unsigned count = 0;
    for (; environment && *environment; environment++) {
        struct bytes variable = {*environment, strcspn(*environment, "=")};
        const char *meaning = meaning_of(variable);
        if (!meaning || is_ours(variable.data, variable.len) || ++count > OTHERS_MAX)
            continue;
        int len = variable.len < NAME_BYTES_MAX ? (int)variable.len : NAME_BYTES_MAX;
        buf_printf(lines, "%.*s %s\n", len, variable.data, meaning);
    }
    if (count > OTHERS_MAX)
        buf_printf(lines, "%u more variables are no options that are known\n", count - OTHERS_MAX);
}
