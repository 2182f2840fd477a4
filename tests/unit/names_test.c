/* What names, URLs and headers become before they are sent. */
#include "check.h"

#include <stdlib.h>

#include "trace/name_pool.h"
#include "trace/path_template.h"
#include "private/sanitize.h"
#include "trace/traceparent.h"
#include "trace/url.h"
#include "base/wildcard.h"

static void test_wildcard(void)
{
    CHECK(wildcard_match("*", BYTES("")));
    CHECK(wildcard_match("", BYTES("")));
    CHECK(!wildcard_match("", BYTES("a")));
    CHECK(wildcard_match("/a/*/c*", BYTES("/A/b/C/d")));
    CHECK(!wildcard_match("(?-i)/a", BYTES("/A")));
    CHECK(wildcard_match("(?-i)/a", BYTES("/a")));
    CHECK(!wildcard_match("a*b", (struct bytes){"ab", 1}));
}

/* Exponential backtracking would take for ever. */
static void test_wildcard_of_many_stars(void)
{
    char pattern[201], text[20001];
    for (size_t i = 0; i < 200; i += 2)
        memcpy(pattern + i, "a*", 3);
    memset(text, 'a', 20000);
    CHECK(wildcard_match(pattern, (struct bytes){text, 20000}));
    pattern[199] = 'b';
    CHECK(!wildcard_match(pattern, (struct bytes){text, 20000}));
}

static void test_wildcard_list(void)
{
    struct wildcard_list *list = wildcard_list_parse(" /a* ,, *.PNG,\t/a/b ");
    const char *match = wildcard_list_match(list, BYTES("/a/b"));
    CHECK_STR(match, "/a*");
    CHECK_STR(wildcard_list_match(list, BYTES("x.png")), "*.PNG");
    CHECK(!wildcard_list_match(list, BYTES("/b")));
    wildcard_list_free(list);
    list = wildcard_list_parse(NULL);
    CHECK(!wildcard_list_match(list, BYTES("")));
    wildcard_list_free(list);
    CHECK(!wildcard_list_match(NULL, BYTES("x")));
}

static const char *const templates[][2] = {
    {"/", "/"},
    {"", "/"},
    {"*", "*"},
    {"/users", "/users"},
    {"/users/", "/users"},
    {"/users/123/orders", "/users/:id/orders"},
    {"/users/123/orders/7?x=1", "/users/:id/orders/:id"},
    {"//a//b/./c", "/a/b/c"},
    {"/a/b/../c", "/a/c"},
    {"/../../etc", "/etc"},
    {"/cart;jsessionid=1A2B3C4D/add;v=2", "/cart/add"},
    {"/;x", "/"},
    {"/a/7f9c24e8-3b12-4fef-91e0-5ad2f8c61234", "/a/:id"},
    {"/a/{7F9C24E8-3B12-4FEF-91E0-5AD2F8C61234}", "/a/:id"},
    {"/commit/1a2b3c4d", "/commit/:id"},
    {"/commit/0x1a2b3c4d", "/commit/:id"},
    {"/a/deadbeef", "/a/deadbeef"},
    {"/a/1a2b3c", "/a/1a2b3c"},
    {"/2024/01/31", "/:id/:id/:id"},
    {"/2024-01-31", "/:id"},
    {"/2024-01-31T12:30:00Z", "/:id"},
    {"/at/52.5200,-13.4050", "/at/:id"},
    {"/v2/api", "/v2/api"},
    {"/v1.2/api", "/v1.2/api"},
    {"/REST/1.0/ticket/17", "/REST/1.0/ticket/:id"},
    {"/docs/3.11.2/index.html", "/docs/3.11.2/index.html"},
    {"/rest/api/2/issue/10002", "/rest/api/2/issue/:id"},
    {"/api/2", "/api/:id"},
    {"/from/10.0.0.1", "/from/:id"},
    {"/at/52.52001", "/at/:id"},
    {"/1./2..3", "/:id/:id"},
    {"/n.php/Berlin_History", "/n.php/*"},
    {"/cgi-bin/view.cgi/a/b/c", "/cgi-bin/view.cgi/*"},
    {"/n.php", "/n.php"},
    {"/index.php/login", "/index.php/login"},
    {"/.php/x", "/.php/x"},
    {"/t/eyJhbGciOiJIUzI1NiJ9", "/t/:id"},
    {"/t/dGhpcyBpcyBhIHRva2Vu_x9", "/t/:id"},
    {"/customer-accounts-v2-overview", "/customer-accounts-v2-overview"},
    {"/getCustomerAccountOverview", "/getCustomerAccountOverview"},
    {"/u/someone@example.org/x", "/u/:id/x"},
    {"/npm/@angular/core", "/npm/@angular/core"},
    {"/caf%C3%A9", "/:id"},
    {"/caf\xc3\xa9", "/:id"},
    {"/a b", "/:id"},
    {"/static/app.3f2a1b9c.js", "/static/app.:id.js"},
    {"/static/main-3f2a1b9c.chunk.css", "/static/main-:id.chunk.css"},
    {"/jquery-3.6.0.min.js", "/jquery-3.6.0.min.js"},
    {"/img/1234.png", "/img/:id.png"},
    {"/img/7.png", "/img/:id.png"},
    {"/index.html", "/index.html"},
    {"/.well-known/x", "/.well-known/x"},
    {"/dump.2024-01-31.tar.gz", "/dump.:id.tar.gz"},
    {"/order-20240131", "/order-:id"},
    {"/Products(7)/Name", "/Products(:id)/Name"},
    {"/x/id=7", "/x/id=:id"},
    {"/covid-19", "/covid-19"},
    {"/1/2/3/4/5/6/7/8", "/:id/:id/:id/:id/:id/:id/:id/:id"},
    {"/1/2/3/4/5/6/7/8/9", "/:id/:id/:id/:id/:id/:id/:id/:id/*"},
    {"/1/2/3/4/5/6/7/8/9/..", "/:id/:id/:id/:id/:id/:id/:id/:id"},
    {"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "/:id"},
};

static void test_path_template(void)
{
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        struct buf out = {0};
        buf_puts(&out, "GET ");
        path_template(bytes_of(templates[i][0]), &out);
        CHECK_STR(out.data + 4, templates[i][1]);
        buf_free(&out);
    }
}

static void test_path_template_is_bounded(void)
{
    struct buf path = {0}, out = {0};
    for (int i = 0; i < 8; i++)
        buf_puts(&path, "/some-words-of-thirty-letters-");
    path_template((struct bytes){path.data, path.len}, &out);
    CHECK(out.len <= PATH_TEMPLATE_BYTES_MAX);
    CHECK(out.len > 4 && strcmp(out.data + out.len - 3, "-/*") == 0);
    buf_free(&path);
    buf_free(&out);
}

static void test_name_pool(void)
{
    struct name_pool *pool = name_pool_new(2);
    const char *a = name_pool_admit(pool, "GET /a", "GET /*");
    CHECK_STR(a, "GET /a");
    CHECK_STR(name_pool_admit(pool, "GET /b", "GET /*"), "GET /b");
    CHECK_STR(name_pool_admit(pool, "GET /c", "GET /*"), "GET /*");
    CHECK(name_pool_admit(pool, "GET /a", "GET /*") == a);
    name_pool_free(pool);
    name_pool_free(NULL);
    pool = name_pool_new(0);
    char name[32];
    for (int i = 0; i <= 1000; i++) {
        snprintf(name, sizeof name, "GET /%d", i);
        CHECK((strcmp(name_pool_admit(pool, name, "*"), "*") == 0) == (i == 1000));
    }
    name_pool_free(pool);
}

static const struct {
    const char *target, *scheme, *authority;
    const char *host, *path, *query, *full;
    int port;
} urls[] = {
    {"/a?b=c", "", "h:80", "h", "/a", "b=c", "http://h:80/a?b=c", 80},
    {"/a", "https", "h", "h", "/a", NULL, "https://h/a", 0},
    {"/a?", "", "h", "h", "/a", "", "http://h/a?", 0},
    {"/a#f?x", "", "h", "h", "/a", NULL, "http://h/a", 0},
    {"/a?b#f", "", "h", "h", "/a", "b", "http://h/a?b", 0},
    {"/", "", "", NULL, "/", NULL, NULL, 0},
    {"", "", "h", "h", "/", NULL, "http://h/", 0},
    {"*", "", "h", "h", "*", NULL, "http://h", 0},
    {"HTTPS://u:p@h:8443/a?b", "", "other", "h", "/a", "b",
        "https://[REDACTED]:[REDACTED]@h:8443/a?b", 8443},
    {"http://u@h", "", "other", "h", "/", NULL, "http://[REDACTED]@h/", 0},
    {"http://h?q", "", "", "h", "/", "q", "http://h/?q", 0},
    {"db:5432", "", "x", "db", NULL, NULL, "http://db:5432", 5432},
    {"nonsense", "", "x", "x", "nonsense", NULL, "http://x", 0},
    {"/a", "", "[::1]:81", "::1", "/a", NULL, "http://[::1]:81/a", 81},
    {"/a", "", "[::1]", "::1", "/a", NULL, "http://[::1]/a", 0},
    {"/a", "", "[::1", "::1", "/a", NULL, "http://[::1]/a", 0},
    {"/a", "", "u:p@h", "h", "/a", NULL, "http://[REDACTED]:[REDACTED]@h/a", 0},
    {"/a", "", "h:99999", "h", "/a", NULL, "http://h/a", 0},
    {"/a", "", "h:x", "h", "/a", NULL, "http://h/a", 0},
    {"/a", "", "<script>", NULL, "/a", NULL, NULL, 0},
    {"/http://x/y", "", "h", "h", "/http://x/y", NULL, "http://h/http://x/y", 0},
};

static const struct privacy privacy; /* that hides by form alone */

static void check_optional(const char *actual, const char *expected)
{
    CHECK_STR(actual ? actual : "(absent)", expected ? expected : "(absent)");
}

static void test_url(void)
{
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct arena arena = {0};
        struct http_context http = {0};
        url_split(&privacy, &arena, bytes_of(urls[i].target), bytes_of(urls[i].scheme),
            bytes_of(urls[i].authority), &http);
        check_optional(http.host, urls[i].host);
        check_optional(http.path, urls[i].path);
        check_optional(http.query, urls[i].query);
        check_optional(http.full_url, urls[i].full);
        CHECK(http.port == urls[i].port);
        arena_free(&arena);
    }
}

static void test_url_is_bounded(void)
{
    struct arena arena = {0};
    struct http_context http = {0};
    char target[4000];
    memset(target, 'a', sizeof target);
    target[0] = '/';
    target[2000] = '?';
    struct bytes nothing = {NULL, 0};
    url_split(&privacy, &arena, (struct bytes){target, sizeof target}, nothing, BYTES("h"), &http);
    CHECK(strlen(http.path) == URL_BYTES_MAX);
    CHECK(strlen(http.query) == URL_BYTES_MAX);
    CHECK(strlen(http.full_url) == URL_BYTES_MAX);
    url_split(&privacy, &arena, nothing, nothing, nothing, &http);
    CHECK_STR(http.path, "/");
    arena_free(&arena);
}

static void test_sanitize(void)
{
    struct sanitizer *names = sanitizer_new(SANITIZE_DEFAULT, "x-own");
    CHECK(sanitize_hides(names, BYTES("Authorization")));
    CHECK(sanitize_hides(names, BYTES("Set-Cookie")));
    CHECK(sanitize_hides(names, BYTES("COOKIE")));
    CHECK(sanitize_hides(names, BYTES("X-Api-Key")));
    CHECK(sanitize_hides(names, BYTES("password")));
    CHECK(sanitize_hides(names, BYTES("X-Own")));
    CHECK(!sanitize_hides(names, BYTES("Content-Type")));
    CHECK(!sanitize_hides(names, BYTES("password-hint")));
    for (int i = 0; i < 2; i++) { /* the second time from memory */
        CHECK(sanitize_hides(names, BYTES("X-Api-Key")));
        CHECK(!sanitize_hides(names, BYTES("Content-Type")));
        CHECK(!sanitize_hides(names, BYTES("")));
        CHECK(sanitize_hides(names, BYTES("x-name-that-is-much-longer-than-names-ever-are-token")));
    }
    sanitizer_free(names);
    names = sanitizer_new(NULL, NULL);
    CHECK(sanitize_hides(names, BYTES("Cookie")));
    CHECK(!sanitize_hides(names, BYTES("Authorization")));
    sanitizer_free(names);
}

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"

static double rate_of(const char *tracestate)
{
    struct trace_parent parent;
    CHECK(traceparent_parse(BYTES(PARENT "01"), bytes_of(tracestate), &parent));
    return parent.sample_rate;
}

static void test_traceparent(void)
{
    struct trace_parent parent = {0};
    CHECK(traceparent_parse(BYTES(PARENT "03"), BYTES(""), &parent));
    CHECK(parent.parent_id == UINT64_C(0xb7ad6b7169203331) && parent.sampled);
    CHECK(parent.trace_id.bytes[0] == 0x0a && parent.trace_id.bytes[15] == 0x9c);
    CHECK(traceparent_parse(BYTES(PARENT "02"), BYTES(""), &parent) && !parent.sampled);
    CHECK(!traceparent_parse(BYTES(PARENT "0A"), BYTES(""), &parent));
    CHECK(!traceparent_parse((struct bytes){NULL, 0}, BYTES(""), &parent));
    CHECK(rate_of("") == -1);
    CHECK(rate_of("es=s:0.25") == 0.25);
    CHECK(rate_of("a=s:0.1 , es=x:y;s:1 , b=c") == 1);
    CHECK(rate_of("es=s:0") == 0);
    CHECK(rate_of("es=s:1.5") == -1);
    CHECK(rate_of("es=s:-1") == -1);
    CHECK(rate_of("es=s:.") == -1);
    CHECK(rate_of("es=s:nan") == -1);
    CHECK(rate_of("xes=s:0.5") == -1);
    CHECK(rate_of("es=;;,es=s:1") == -1);
}

static void test_traceparent_headers(void)
{
    struct trace_parent parent;
    const struct header_view headers[] = {
        {BYTES("tracestate"), BYTES("a=b")},
        {BYTES("TraceParent"), BYTES(PARENT "01")},
        {BYTES("Tracestate"), BYTES("es=s:0.5")},
        {BYTES("traceparent"), BYTES(PARENT "01")},
    };
    CHECK(traceparent_of_headers(headers, 3, &parent) && parent.sample_rate == 0.5);
    CHECK(!traceparent_of_headers(headers, 4, &parent));
    CHECK(!traceparent_of_headers(headers, 1, &parent));
}

int main(void)
{
    test_wildcard();
    test_wildcard_of_many_stars();
    test_wildcard_list();
    test_path_template();
    test_path_template_is_bounded();
    test_name_pool();
    test_url();
    test_url_is_bounded();
    test_sanitize();
    test_traceparent();
    test_traceparent_headers();
    return check_result();
}
