/* URLs of requests that came by way of proxies, and by way of those who only say so. */
#include <stdlib.h>

#include "check.h"
#include "options.h"
#include "trace/state.h"
#include "trace/tracer.h"

static char url[2048];

static void keep(void *self, const struct transaction *event)
{
    (void)self;
    snprintf(url, sizeof url, "%s", event->http->full_url ? event->http->full_url : "(none)");
}

static const struct sink keeping = {.transaction = keep};

/* headers: "Name: value" each on a line. */
static const char *url_by(const char *headers, const char *host)
{
    struct header_view views[8];
    struct request_info request = {.method = BYTES("GET"),
        .target = BYTES("/a?b=1"),
        .version = BYTES("1.1"),
        .authority = bytes_of(host),
        .headers = views};
    while (*headers) {
        size_t name = strcspn(headers, ":"), value = strcspn(headers + name + 2, "\n");
        views[request.header_count].name = (struct bytes){headers, name};
        views[request.header_count++].value = (struct bytes){headers + name + 2, value};
        headers += name + 2 + value;
        headers += *headers == '\n';
    }
    struct tracer *tracer = tracer_new(options_load(), &keeping, 0);
    struct conversation conversation = {.peer = "192.0.2.1"};
    struct live_transaction *t = http_transaction(tracer, &conversation, &request, 1000);
    transaction_end(tracer, t, 2000);
    transaction_drop(tracer, t);
    tracer_finish(tracer);
    return url;
}

static const char *const told[][2] = {
    {"", "http://in.side:8080/a?b=1"},
    {"X-Forwarded-Proto: https", "https://in.side:8080/a?b=1"},
    {"X-Forwarded-Host: shop.example", "http://shop.example/a?b=1"},
    {"X-Forwarded-Proto: https\nX-Forwarded-Host: shop.example:8443, in.side",
        "https://shop.example:8443/a?b=1"},
    {"x-forwarded-proto: HTTPS, http", "https://in.side:8080/a?b=1"},
    {"Forwarded: for=192.0.2.60;proto=https;by=203.0.113.43;host=shop.example",
        "https://shop.example/a?b=1"},
    {"Forwarded: For=\"[2001:db8::1]:4711\" ; Host=\"shop.example:8443\";Proto=\"https\" , "
     "for=10.0.0.1;host=other",
        "https://shop.example:8443/a?b=1"},
    {"Forwarded: host=\"[2001:db8::2]\"", "http://[2001:db8::2]/a?b=1"},
    {"Forwarded: proto=https\nX-Forwarded-Proto: http\nX-Forwarded-Host: shop.example",
        "https://shop.example/a?b=1"},
    {"X-Forwarded-Protocol: https", "https://in.side:8080/a?b=1"},
    {"Front-End-Https: on", "https://in.side:8080/a?b=1"},
    {"X-Forwarded-Ssl: off", "http://in.side:8080/a?b=1"},
    /* What is not valid says nothing. */
    {"X-Forwarded-Proto: javascript\nX-Forwarded-Host: a<b>", "http://in.side:8080/a?b=1"},
    {"X-Forwarded-Host: ", "http://in.side:8080/a?b=1"},
    {"X-Forwarded-Host: , shop.example", "http://in.side:8080/a?b=1"},
    {"Forwarded: host=\"shop.example", "http://in.side:8080/a?b=1"},
    {"Forwarded: ;;=;host;proto=", "http://in.side:8080/a?b=1"},
    {"Forwarded: host=\"a,b;c\";proto=https", "https://in.side:8080/a?b=1"},
    {"Forwarded: host=\nX-Forwarded-Host: shop.example", "http://shop.example/a?b=1"},
    {"X-Forwarded-Host: anna:x@shop.example", "http://[REDACTED]:[REDACTED]@shop.example/a?b=1"},
};

int main(void)
{
    clearenv();
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        CHECK_STR(url_by(told[i][0], "in.side:8080"), told[i][1]);
    CHECK_STR(url_by("X-Forwarded-Host: shop.example", ""), "http://shop.example/a?b=1");
    CHECK_STR(url_by("X-Forwarded-Proto: https", ""), "(none)");
    setenv("ELASTIC_APM_CAPTURE_HEADERS", "false", 1);
    CHECK_STR(url_by("X-Forwarded-Host: shop.example", "in.side"), "http://in.side/a?b=1");
    return check_result();
}
