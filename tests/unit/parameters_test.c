/* Parameters as parts of names: those that somebody lists, and those that decide what is done. */
#include "check.h"

#include "trace/name_parameters.h"
#include "trace/parameter_studies.h"
#include "trace/query.h"

static const struct {
    const char *csv, *target, *name;
} listed[] = {
    {"", "/?a=b", "/"},
    {"a", "/", "/"},
    {"a", "/?", "/"},
    {"a", "/?a", "/"},
    {"a", "/?a=", "/"},
    {"a", "/?b=a&a=c#d", "/?a=c"},
    {" b , a,", "/?a=1st&b=x.y-z_0:q", "/?b=x.y-z_0:q&a=:id"},
    {"action", "/?ACTION=View&action=edit", "/?action=View"},
    {"a", "/?a=b%20c", "/?a=:id"},
    {"a", "/?a=b/c", "/?a=:id"},
    {"a", "/?a=17", "/?a=:id"},
    {"a", "/?a=da39a3ee5e6b4b0d3255bfef95601890afd80709", "/?a=:id"},
    {"a", "/?a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/?a=:id"},
    {"token,a", "/?token=abc&a=b", "/?a=b"},
    {"APP", "/", "/?APP=shop"},
    {"APP", "/?app=other", "/?APP=other"},
    {"HOME", "/", "/?HOME=:id"},
};

static void test_listed(void)
{
    const struct header_view variables[] = {
        {BYTES("APP"), BYTES("shop")}, {BYTES("HOME"), BYTES("/srv/shop")}};
    struct sanitizer *secrets = sanitizer_new(SANITIZE_DEFAULT, NULL);
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        struct name_parameters *p = name_parameters_new(listed[i].csv, secrets);
        const struct request_info request = {
            .target = bytes_of(listed[i].target), .variables = variables, .variable_count = 2};
        struct buf out = {0};
        buf_puts(&out, "/");
        name_parameters_add(p, &request, &out);
        CHECK_STR(out.data, listed[i].name);
        buf_free(&out);
        name_parameters_free(p);
    }
    sanitizer_free(secrets);
}

/* What a service does that is asked for a page: 0 to 4, or what all pages do. */
enum { PAGES = 5 };
static const struct signature pages[PAGES] = {{1, 16}, {1 | 2, 32}, {1 | 4, 64}, {0, 0}, {1, 16}};
static const char *const words[PAGES] = {"view", "edit", "history", "about", "print"};

static const char *studied(const char *format, bool by_word)
{
    static char decider[50];
    struct parameter_studies *studies = parameter_studies_new();
    for (unsigned n = 0; n < 300; n++) {
        char query[100], *at = query;
        unsigned page = n * 7 % PAGES;
        for (const char *f = format; *f; f++)
            at += *f == '@'   ? sprintf(at, "%s", words[page])
                  : *f == '#' ? sprintf(at, "%u", n)
                              : sprintf(at, "%c", *f);
        parameter_studies_add(
            studies, 1, "/index.php", bytes_of(query), pages[by_word ? page : n / 7 % PAGES]);
    }
    struct bytes found = parameter_studies_find(studies, 1, BYTES("/index.php"));
    snprintf(decider, sizeof decider, "%.*s", (int)found.len, found.data);
    CHECK(parameter_studies_find(studies, 2, BYTES("/index.php")).len == 0);
    CHECK(parameter_studies_find(studies, 1, BYTES("/")).len == 0);
    parameter_studies_free(studies);
    return decider;
}

static void test_studied(void)
{
    CHECK_STR(studied("action=@", true), "action");
    CHECK_STR(studied("title=t#&action=@&x", true), "action");
    CHECK_STR(studied("a&b&c=&d&action=@", true), "action");
    CHECK_STR(studied("action=@", false), ""); /* the same is done for all of them */
    CHECK_STR(studied("id=#", true), "");
    CHECK_STR(studied("title=t#", true), "");
    CHECK_STR(studied("x=[REDACTED]@", true), "");
    CHECK_STR(studied("x=same", true), "");
    CHECK_STR(studied("", true), "");
}

static void test_studies_are_bounded(void)
{
    struct parameter_studies *studies = parameter_studies_new();
    struct signature none = {0, 0};
    char route[40], query[4000];
    memset(query, '&', sizeof query);
    for (unsigned n = 0; n < 3000; n++) {
        snprintf(route, sizeof route, "/%u", n);
        for (size_t i = 0; i + 4 < sizeof query; i += 4)
            snprintf(query + i, 5, "&%c%c=", 'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26));
        parameter_studies_add(studies, 1, route, (struct bytes){query, sizeof query}, none);
    }
    parameter_studies_free(studies);
}

int main(void)
{
    test_listed();
    test_studied();
    test_studies_are_bounded();
    return check_result();
}
