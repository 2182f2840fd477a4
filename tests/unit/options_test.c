/* Defaults, units, bounds and what happens to values that are not valid. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "log.h"
#include "options.h"
#include "options_parse.h"

static const struct options *with(const char *variable, const char *value)
{
    setenv(variable, value, 1);
    const struct options *options = options_load();
    unsetenv(variable);
    return options;
}

static void test_defaults(void)
{
    const struct options *o = options_load();
    CHECK_STR(o->server_url, "http://127.0.0.1:8200");
    CHECK(!o->secret_token && !o->service_name && !o->output && !o->transaction_ignore_urls);
    CHECK(o->server_timeout == INT64_C(5000000000));
    CHECK(o->api_request_size == 768 * 1024 && o->ring_size == 32 << 20);
    CHECK(o->span_stack_trace_min_duration == 0 && o->stack_trace_limit == 50);
    CHECK(o->transaction_sample_rate == 1.0 && o->transaction_max_spans == 500);
    CHECK(o->enabled && o->recording && o->sql_comments && !o->disable && !o->disable_send);
    CHECK(o->sql == SQL_OBFUSCATED && o->log_level == LEVEL_INFO);
    CHECK_STR(o->problems, "");
    for (int i = 0; i < OPTION_COUNT; i++)
        CHECK(!o->given[i]);
}

static void test_durations(void)
{
    int64_t d = -7;
    CHECK(parse_duration("30", 1000000000, false, &d) && d == INT64_C(30000000000));
    CHECK(parse_duration("-1ms", 1, false, &d) && d == -1000000);
    CHECK(parse_duration("2m", 1, false, &d) && d == INT64_C(120000000000));
    CHECK(parse_duration("250us", 1, true, &d) && d == 250000);
    d = -7;
    CHECK(!parse_duration("250us", 1, false, &d) && !parse_duration("1.5s", 1, false, &d));
    CHECK(!parse_duration("", 1, false, &d) && !parse_duration("s", 1, false, &d));
    CHECK(!parse_duration("--1s", 1, false, &d) && !parse_duration("1 s", 1, false, &d));
    CHECK(!parse_duration("999999999999999m", 1, false, &d) && d == -7);
}

static void test_sizes_and_numbers(void)
{
    uint64_t size;
    int64_t integer;
    double number;
    CHECK(parse_size("1KB", &size) && size == 1024);
    CHECK(parse_size("2gb", &size) && size == UINT64_C(2) << 30);
    CHECK(!parse_size("-1kb", &size) && !parse_size("1tb", &size));
    CHECK(parse_integer("-1", &integer) && integer == -1 && !parse_integer("1x", &integer));
    CHECK(parse_number("0.25", &number) && number == 0.25);
    CHECK(!parse_number("nan", &number) && !parse_number("0x1", &number));
    CHECK(valid_urls("http://a:1, https://b/x") && !valid_urls("a:1") && !valid_urls("http://"));
    CHECK(!valid_urls("http://a,ftp://b"));
}

static void test_values(void)
{
    CHECK(with("APMSHIM_SQL", "RAW")->sql == SQL_RAW);
    CHECK(with("APMSHIM_DISABLE", "1")->disable);
    CHECK(!with("ELASTIC_APM_CAPTURE_HEADERS", "false")->capture_headers);
    CHECK(with("ELASTIC_APM_SPAN_STACK_TRACE_MIN_DURATION", "-1")->span_stack_trace_min_duration ==
          -1000000);
    CHECK(with("ELASTIC_APM_EXIT_SPAN_MIN_DURATION", "1")->exit_span_min_duration == 1000000);
    CHECK(with("ELASTIC_APM_SERVICE_NAME", "a b")->given[OPTION_service_name]);
    CHECK(!with("ELASTIC_APM_SERVICE_NAME", "")->given[OPTION_service_name]);
}

static void test_invalid(void)
{
    static const char *const bad[][2] = {{"ELASTIC_APM_TRANSACTION_SAMPLE_RATE", "1.5"},
        {"ELASTIC_APM_API_REQUEST_SIZE", "100mb"}, {"ELASTIC_APM_SERVER_URL", "localhost:8200"},
        {"ELASTIC_APM_CAPTURE_HEADERS", "yes"}, {"ELASTIC_APM_SECRET_TOKEN", "a\nX-Evil: 1"},
        {"APMSHIM_SQL", "plain"}, {"APMSHIM_RING_SIZE", "1kb"},
        {"ELASTIC_APM_TRANSACTION_MAX_SPANS", "-1"}, {"ELASTIC_APM_LOG_LEVEL", "loud"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct options *o = with(bad[i][0], bad[i][1]);
        CHECK(strstr(o->problems, bad[i][0]) != NULL);
        CHECK(strstr(o->problems, bad[i][1]) == NULL); /* it may be a secret */
    }
    CHECK(with("ELASTIC_APM_API_REQUEST_SIZE", "100mb")->api_request_size == 768 * 1024);
    CHECK(with("ELASTIC_APM_SECRET_TOKEN", "a\nb")->secret_token == NULL);
}

/* Each is said once, with what it is, and without its value. */
static void test_others(void)
{
    static const char *const others[][2] = {
        {"ELASTIC_APM_CAPTURE_BODY",
            "ELASTIC_APM_CAPTURE_BODY is an option of other agents that this one does not have\n"},
        {"ELASTIC_APM_SERVR_URL", "ELASTIC_APM_SERVR_URL is no option that is known\n"},
        {"ELASTIC_APM_SQL", "ELASTIC_APM_SQL is no option that is known\n"},
        {"APMSHIM_SERVER_URL", "APMSHIM_SERVER_URL is no option that is known\n"},
        {"APMSHIM_SQLS", "APMSHIM_SQLS is no option that is known\n"},
        {"ELASTIC_APM_ACTIVATION_METHOD", ""}, {"ELASTIC_APM_", ""}, {"APMSHIM_TCP", ""},
        {"ELASTIC_SEARCH", ""}, {"XAPMSHIM_SQLS", ""}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_STR(with(others[i][0], "true")->problems, others[i][1]);
    char name[200] = "APMSHIM_";
    memset(name + 8, 'X', 100);
    for (int i = 0; i < 50; i++) {
        snprintf(name + 108, 8, "%d", i);
        setenv(name, "hush", 1);
    }
    const char *problems = options_load()->problems;
    CHECK(strstr(problems, "\n18 more variables are no options that are known\n") != NULL);
    CHECK(!strstr(problems, "hush") && strlen(problems) < 4096);
    clearenv();
}

static char *slurp(const char *path)
{
    struct buf b = {0};
    char part[512];
    FILE *file = fopen(path, "re");
    while (file && fgets(part, sizeof part, file))
        buf_puts(&b, part);
    if (file)
        fclose(file);
    return buf_take(&b);
}

static void test_log(void)
{
    char path[] = "/tmp/options_test-XXXXXX";
    close(mkstemp(path));
    setenv("ELASTIC_APM_LOG_FILE", path, 1);
    setenv("ELASTIC_APM_SECRET_TOKEN", "hush-hush", 1);
    setenv("ELASTIC_APM_SERVER_TIMEOUT", "soon", 1);
    setenv("ELASTIC_APM_SERVER_URL", "http://me:pass@host:1,http://other", 1);
    log_open(options_load());
    log_error("the token was %s\nsecond line", "hush-hush");
    log_debug("too much detail");
    log_close();
    log_error("after the end");
    char *text = slurp(path);
    CHECK(strstr(text, "secret_token=[REDACTED] (environment)") != NULL);
    CHECK(strstr(text, "error: the token was [REDACTED] second line\n") != NULL);
    CHECK(strstr(text, "server_url=http://[REDACTED]@host:1,http://other") != NULL);
    CHECK(strstr(text, "warning: ELASTIC_APM_SERVER_TIMEOUT is not valid") != NULL);
    CHECK(strstr(text, "log_level=info (default)") != NULL);
    CHECK(!strstr(text, "hush") && !strstr(text, "pass@") && !strstr(text, "detail"));
    CHECK(!strstr(text, "after the end"));
    free(text);
    unlink(path);
}

/* The log has the file's name: letters drawn by lot could be those of a secret. */
static char *logged(const char *message)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/options_test-%d", (int)getpid());
    setenv("ELASTIC_APM_LOG_FILE", path, 1);
    log_open(options_load());
    log_error("%s", message);
    log_close();
    unsetenv("ELASTIC_APM_LOG_FILE");
    char *text = slurp(path);
    unlink(path);
    return text;
}

static void check_masked(const char *token, const char *message, const char *secret)
{
    setenv("ELASTIC_APM_SECRET_TOKEN", token, 1);
    char *text = logged(message);
    CHECK(strstr(text, "[REDACTED]") && !strstr(text, secret));
    free(text);
}

/* What libcurl and servers may quote, in the ways in which they have it. */
static void test_secrets(void)
{
    static const char *const quotes[][2] = {{"us:hu@shsh", "hu"}, {"us:hu%40shsh", "hu%"},
        {"hu@shsh", "hu@"}, {"hu%40shsh", "hu%"}, {"Could not resolve host: shsh", "shsh"},
        {"dXM6aHVAc2hzaA==", "dXM6"}, {"Authorization: Basic eHh4", "eHh4"},
        {"Authorization: Bearer x1", "x1"}, {"{\"authorization\":\"ApiKey x1\"}", "x1"},
        {"http://any:body@elsewhere/", "body"}, {"any:body@elsewhere", "body"},
        {"eyJhbGciOiJub25lIn0.e30.", "eyJ"}, {"prox:secret", "prox"}, {"aWQ6a2V5LW9mLWl0", "aWQ6"},
        {"key-of-it", "key-of"}, {"in 'http://any:bod", "bod"}, {"-----BEGIN KEY----- x1", "x1"}};
    static const char *const tokens[][3] = {{"hush-hush", "the hush-hush.", "hush"},
        {"hush\"er", "\"hush\\\"er\"", "hush"}, {"a/b\\c", "\"a\\/b\\\\c\"", "a\\/b"},
        {"x", "an x, and", " x,"}};
    static const char kept[] = "Everything else is kept: http://host:8200/a?b=c, example.org\n";
    char text[2048];
    setenv("ELASTIC_APM_API_KEY", "aWQ6a2V5LW9mLWl0", 1);
    setenv("ELASTIC_APM_SERVER_URL", "http://us:hu%40shsh@host:1, http://other", 1);
    setenv("https_proxy", "prox:secret@host:1", 1);
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++)
        check_masked("any-token", quotes[i][0], quotes[i][1]);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        check_masked(tokens[i][0], tokens[i][1], tokens[i][2]);
    for (int n = 1000; n < 1030; n++) { /* it is cut there */
        snprintf(text, sizeof text, "%*shush-hush", n, "a");
        check_masked("hush-hush", text, "hus");
    }
    char *all = logged(kept);
    CHECK(strstr(all, "Everything else is kept: http://host:8200/a?b=c, example.org \n") != NULL);
    free(all);
    clearenv();
}

int main(void)
{
    clearenv();
    test_defaults();
    test_durations();
    test_sizes_and_numbers();
    test_values();
    test_invalid();
    test_others();
    test_log();
    clearenv();
    test_secrets();
    return check_result();
}
