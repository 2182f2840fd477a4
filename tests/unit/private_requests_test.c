/* Requests and answers as events: a marker that was planted in any part of them is in none. */
#include <stddef.h>
#include <stdlib.h>

#include "check.h"
#include "export/intake.h"
#include "options.h"
#include "trace/state.h"
#include "trace/tracer.h"

#define MARKER "S3CRET"
#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct buf events;

static void encode(void *self, const struct transaction *event)
{
    (void)self;
    intake_encode_transaction(&events, event);
}

static const struct sink encoding = {.transaction = encode};

static const struct request_info plain = {.method = {"GET", 3},
    .target = {"/orders/17", 10},
    .version = {"1.1", 3},
    .authority = {"h", 1}};

/* Both ways, as the protocols hand them over. */
static const char *events_of(const struct options *options, const struct request_info *request,
    const struct response_info *response)
{
    struct tracer *tracer = tracer_new(options, &encoding, 0);
    struct conversation conversation = {.peer = "192.0.2.1"};
    buf_clear(&events);
    struct live_transaction *t = http_transaction(tracer, &conversation, request, 1000);
    if (response)
        http_response(tracer, t, response);
    transaction_end(tracer, t, 2000);
    transaction_drop(tracer, t);
    tracer_finish(tracer);
    return events.data ? events.data : "";
}

static void check_hidden(const struct request_info *request, const struct response_info *response)
{
    static const char *const settings[][2] = {{"A", "1"},
        {"ELASTIC_APM_USE_PATH_AS_TRANSACTION_NAME", "true"}, {"APMSHIM_URL", "path"},
        {"APMSHIM_URL", "template"}, {"ELASTIC_APM_TRANSACTION_NAME_GROUPS", "/a/*"},
        {"ELASTIC_APM_SANITIZE_FIELD_NAMES", "x"}};
    for (size_t i = 0; i < COUNT(settings); i++) {
        setenv(settings[i][0], settings[i][1], 1);
        const char *text = events_of(options_load(), request, response);
        unsetenv(settings[i][0]);
        check_count++;
        if (*text && !strstr(text, MARKER) && !strstr(text, "s3cret"))
            continue;
        check_failures++;
        fprintf(stderr, "with %s: %s\n", settings[i][0], text);
    }
}

/* The plain one but for one part, until the next call. */
static const struct request_info *with(size_t part, const char *text)
{
    static struct request_info request;
    request = plain;
    *(struct bytes *)((char *)&request + part) = bytes_of(text);
    return &request;
}

#define WITH(part, text) with(offsetof(struct request_info, part), text)

/* What is none of the usual. */
static void test_parts(void)
{
    check_hidden(WITH(method, MARKER), NULL);
    check_hidden(WITH(method, "GET" MARKER), NULL);
    check_hidden(WITH(method, "get " MARKER), NULL);
    check_hidden(WITH(version, MARKER), NULL);
    check_hidden(WITH(version, "1.1" MARKER), NULL);
    check_hidden(WITH(scheme, MARKER), NULL);
    check_hidden(WITH(authority, MARKER "@h"), NULL);
    check_hidden(WITH(authority, "<" MARKER ">"), NULL);
    check_hidden(WITH(authority, "h:80 " MARKER), NULL);
    check_hidden(WITH(authority, "h:" MARKER), NULL);
    check_hidden(WITH(remote_address, MARKER), NULL);
    check_hidden(WITH(remote_address, "192.0.2.1" MARKER), NULL);
    check_hidden(WITH(remote_address, "::1%" MARKER), NULL);
    check_hidden(WITH(remote_address, "unix:" MARKER), NULL);
    check_hidden(WITH(target, "/a;jsessionid=" MARKER "/b"), NULL);
    check_hidden(WITH(target, "/a/eyJhbGciOiJIUzI1NiJ9.eyJ." MARKER), NULL);
    check_hidden(WITH(target, "http://u:" MARKER "@h/"), NULL);
    check_hidden(WITH(target, "http://u:a/" MARKER "@h/"), NULL);
    check_hidden(WITH(target, MARKER "://h/"), NULL);
    check_hidden(WITH(target, "u:" MARKER "@h:443"), NULL);
    check_hidden(WITH(target, "/a?token=" MARKER), NULL);
    check_hidden(WITH(target, "/a#" MARKER), NULL);
}

static void check_headers(const struct header_view *headers, size_t count)
{
    struct request_info request = plain;
    struct response_info response = {.status = 200};
    request.headers = headers;
    request.header_count = count;
    check_hidden(&request, &response);
    response.headers = headers;
    response.header_count = count;
    check_hidden(&plain, &response);
}

#define HEADER(name, value)                                                                        \
    {                                                                                              \
        BYTES(name), BYTES(value)                                                                  \
    }

static const char *events_of_cookies(const char *text)
{
    struct request_info request = plain;
    const struct header_view headers[] = {{BYTES("cookie"), bytes_of(text)},
        {BYTES("X"), BYTES("y")}, {BYTES("Cookie"), BYTES("z=last")}};
    request.headers = headers;
    request.header_count = COUNT(headers);
    return events_of(options_load(), &request, NULL);
}

/* What is left of them; none of it is to be seen in the header. */
static void test_cookies(void)
{
    static const char *const shown[][2] = {
        {"theme=dark", "\"theme\":\"dark\""},
        {"a=1;lang=en-GB ; b=", "\"a\":\"1\",\"lang\":\"en-GB\",\"b\":\"\""},
        {"per_page=50; mode=ON", "\"per_page\":\"50\",\"mode\":\"ON\""},
        {"a=old; a=new", "{\"a\":\"new\",\"z\""},
        {"a=x; A=y", "\"a\":\"x\",\"A\":\"y\""},
        {"sessionid=dark", "\"sessionid\":\"[REDACTED]\""},
        {"connect.sid=dark; PHPSESSID=dark",
            "\"connect.sid\":\"[REDACTED]\",\"PHPSESSID\":\"[REDACTED]\""},
        {"user[token]=a; __Host-token=a; id-token=a",
            "{\"__Host-token\":\"[REDACTED]\",\"id-token\":\"[REDACTED]\""},
        {"a=12345; b=aB; c=abc.def; d=\"x\"; e=x y",
            "{\"a\":\"[REDACTED]\",\"b\":\"[REDACTED]\",\"c\":\"[REDACTED]\",\"d\":\"[REDACTED]\","
            "\"e\":\"[REDACTED]\""},
        {"=x; ; y; ;;theme=dark", "{\"theme\":\"dark\",\"z\":\"last\"}"},
    };
    static const char *const hidden[] = {"a=" MARKER, "remember_me=" MARKER "; b=c", MARKER,
        ";" MARKER, "a=b; " MARKER "; c=d", "a=b=" MARKER, "a=b " MARKER, MARKER " x=y",
        "a=\"" MARKER "\""};
    for (size_t i = 0; i < COUNT(shown); i++)
        if (!strstr(events_of_cookies(shown[i][0]), shown[i][1]))
            CHECK_STR(events_of_cookies(shown[i][0]), shown[i][1]);
    for (size_t i = 0; i < COUNT(hidden); i++)
        CHECK(!strstr(events_of_cookies(hidden[i]), MARKER));
    CHECK(strstr(events_of_cookies("theme=dark"), "\"cookie\":[\"[REDACTED]\",\"[REDACTED]\"]"));
    setenv("ELASTIC_APM_CAPTURE_HEADERS", "false", 1);
    CHECK(!strstr(events_of_cookies("theme=dark"), "dark"));
    unsetenv("ELASTIC_APM_CAPTURE_HEADERS");
    setenv("ELASTIC_APM_SANITIZE_FIELD_NAMES", "theme", 1);
    CHECK(!strstr(events_of_cookies("theme=dark"), "dark"));
    unsetenv("ELASTIC_APM_SANITIZE_FIELD_NAMES");
}

/* Names that only HTTP/2 and gateways let through; values after which others come. */
static void test_headers(void)
{
    static const struct header_view headers[] = {HEADER("authorization", "Bearer " MARKER),
        HEADER("Authorization", MARKER), HEADER("cookie\0x", MARKER), HEADER("x\0cookie", MARKER),
        HEADER("authorization\t", MARKER), HEADER(" authorization", MARKER),
        HEADER("authorization ", MARKER), HEADER("a: " MARKER, "x"), HEADER(MARKER " a", "x"),
        HEADER("", MARKER), HEADER("token=" MARKER, "x"), HEADER("x-forwarded-host", MARKER "@h"),
        HEADER("referer", "http://u:" MARKER "@h/?token=" MARKER), HEADER("x-a", "Bearer " MARKER),
        HEADER("x-b", "a\0 Bearer " MARKER), HEADER("X_API_KEY", MARKER),
        HEADER("x-b", "a\0token=" MARKER), HEADER("link", "<http://u:" MARKER "@h/>; rel=a"),
        HEADER("baggage", "token=" MARKER ",user=a"), HEADER("location", "http://u:" MARKER "@h/"),
        HEADER("host", "u:" MARKER "@h"), HEADER("set-cookie2", MARKER)};
    check_headers(headers, COUNT(headers));
    for (size_t i = 0; i < COUNT(headers); i++)
        check_headers(&headers[i], 1);
}

/* It is cut, but what is secret is left out before. */
static void test_long_values(void)
{
    struct buf value = {0};
    char name[200];
    buf_puts(&value, "http://h/?a=b&token=");
    while (value.len < 5000)
        buf_puts(&value, MARKER);
    const struct header_view header = {BYTES("referer"), {value.data, value.len}};
    check_headers(&header, 1);
    memset(name, 'x', sizeof name);
    memcpy(name + sizeof name - strlen("-token"), "-token", strlen("-token"));
    for (size_t n = 40; n <= sizeof name; n++) {
        const struct header_view own = {{name + sizeof name - n, n}, BYTES(MARKER)};
        check_headers(&own, 1);
    }
    buf_free(&value);
}

static void test_grpc(void)
{
    static const struct header_view headers[] = {
        HEADER("content-type", "application/grpc"), HEADER("grpc-metadata-token", MARKER)};
    static const struct {
        const char *path, *name;
    } names[] = {{"/shop.Orders/Place", "\"name\":\"/shop.Orders/Place\""},
        {"/a/b;c=" MARKER, "\"name\":\"POST /a/b\""}, {"/a/" MARKER "%20b", NULL},
        {"/a.b/c?token=" MARKER, "\"name\":\"/a.b/c\""}, {"/reset/5f2b7c9d8e/" MARKER "%40", NULL},
        {"/Bearer%20" MARKER "/x", NULL}};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct request_info request = {.method = {"POST", 4},
            .target = bytes_of(names[i].path),
            .version = {"2", 1},
            .authority = {"h", 1},
            .headers = headers,
            .header_count = COUNT(headers)};
        const char *text = events_of(options_load(), &request, NULL);
        CHECK(!names[i].name || strstr(text, names[i].name));
        const char *name = strstr(text, "\"name\":");
        const char *end = name ? strchr(name + 8, '"') : NULL;
        CHECK(end && !memmem(name, (size_t)(end - name), MARKER, strlen(MARKER)));
    }
}

static void test_without_headers(void)
{
    static const struct header_view headers[] = {HEADER("x-a", MARKER), HEADER("host", "h"),
        HEADER("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        HEADER("tracestate", "es=s:0.5,a=" MARKER), HEADER("x-forwarded-for", MARKER),
        HEADER("user-agent", MARKER), HEADER("baggage", MARKER)};
    struct request_info request = plain;
    struct response_info response = {.status = 200, .headers = headers, .header_count = 1};
    request.headers = headers;
    request.header_count = COUNT(headers);
    setenv("ELASTIC_APM_CAPTURE_HEADERS", "false", 1);
    const char *text = events_of(options_load(), &request, &response);
    unsetenv("ELASTIC_APM_CAPTURE_HEADERS");
    CHECK(!strstr(text, MARKER) && !strstr(text, "\"headers\""));
    CHECK(strstr(text, "0af7651916cd43dd8448eb211c80319c") && strstr(text, "192.0.2.1"));
}

static void test_shown(void)
{
    static const struct header_view headers[] = {
        HEADER("User-Agent", "curl/8.5.0"), HEADER("X-Request-Id", "17-a")};
    struct request_info request = plain;
    request.headers = headers;
    request.header_count = COUNT(headers);
    const char *text = events_of(options_load(), &request, NULL);
    CHECK(strstr(text, "\"name\":\"GET /orders/:id\"") &&
          strstr(text, "\"full\":\"http://h/orders/17\""));
    CHECK(
        strstr(text, "\"User-Agent\":\"curl/8.5.0\"") && strstr(text, "\"X-Request-Id\":\"17-a\""));
    CHECK(strstr(text, "\"http_version\":\"1.1\"") && strstr(text, "\"method\":\"GET\""));
    text = events_of(options_load(), WITH(method, "BREW"), NULL);
    CHECK(strstr(text, "\"name\":\"_OTHER /orders/:id\"") && strstr(text, "\"method\":\"_OTHER\""));
    text = events_of(options_load(), WITH(remote_address, "2001:db8::1"), NULL);
    CHECK(strstr(text, "\"remote_address\":\"2001:db8::1\"") != NULL);
    setenv("APMSHIM_URL", "template", 1);
    setenv("ELASTIC_APM_TRANSACTION_IGNORE_URLS", "/orders/1234", 1);
    text = events_of(options_load(), WITH(target, "/orders/1235?a=b"), NULL);
    CHECK(strstr(text, "\"full\":\"http://h/orders/:id\"") &&
          strstr(text, "\"raw\":\"/orders/:id\""));
    CHECK_STR(events_of(options_load(), WITH(target, "/orders/1234"), NULL), "");
    unsetenv("APMSHIM_URL");
    unsetenv("ELASTIC_APM_TRANSACTION_IGNORE_URLS");
}

int main(void)
{
    clearenv();
    test_parts();
    test_cookies();
    test_headers();
    test_long_values();
    test_grpc();
    test_without_headers();
    test_shown();
    buf_free(&events);
    return check_result();
}
