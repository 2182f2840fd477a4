/* What is learned of paths: values of every look, routes beside them, scanners, bounds. */
#include "check.h"

#include <stdlib.h>

#include "trace/path_template.h"
#include "trace/route_views.h"
#include "trace/routes.h"

enum { SCOPE = 7 };

/* What a request for the path is called; status 404: not learned. */
static const char *ask(struct routes *routes, uint64_t scope, const char *path, int status)
{
    static struct buf template, out;
    buf_clear(&template);
    buf_clear(&out);
    path_template(bytes_of(path), &template);
    const struct bytes text = {template.data, template.len};
    if (status == 404)
        return routes_find(routes, scope, text, &out) ? out.data : "unknown";
    routes_learn(routes, scope, text, status < 400, &out);
    return out.data;
}

/* Paths with a number at each '#', which are soon known by one name. */
static const struct {
    const char *format, *name;
    const char *other, *other_name; /* what is asked for afterwards; NULL: nothing */
} values[] = {
    {"/users/u#", "/users/:id", "/users/u1", "/users/:id"},
    {"/users/u#/orders/list", "/users/:id/orders/list", "/users/new/orders/list",
        "/users/:id/orders/list"},
    {"/wiki/Towns_of_#_Men", "/wiki/:id", "/wiki/Berlin", "/wiki/:id"},
    {"/b/Zm9vYmFy#Q==", "/b/:id", NULL, NULL},
    {"/rooms/!room#:host/messages", "/rooms/:id/messages", "/rooms/!a:b/messages",
        "/rooms/:id/messages"},
    {"/profile/@user#:host/name", "/profile/:id/name", NULL, NULL},
    {"/txn/m1700000000#000.12", "/txn/:id", NULL, NULL},
    {"/projects/website-#/issues", "/projects/:id/issues", "/projects/app/issues",
        "/projects/:id/issues"},
    {"/best-#-things", "/:id", NULL, NULL},
    {"/index.php/Page_#", "/index.php/:id", "/index.php", "/index.php"},
    {"/owners/o#/repos/r#/file", "/owners/:id/repos/:id/file", NULL, NULL},
};

static void fill(char *path, const char *format, unsigned number)
{
    for (; *format; format++)
        if (*format == '#')
            path += sprintf(path, "%u", number);
        else
            *path++ = *format;
    *path = '\0';
}

static void test_values(void)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct routes *routes = routes_new();
        unsigned names = 0;
        char path[100], before[100] = "";
        for (unsigned n = 0; n < 300; n++) {
            fill(path, values[i].format, n);
            const char *name = ask(routes, SCOPE, path, 200);
            names += strcmp(name, before) != 0;
            snprintf(before, sizeof before, "%s", name);
            if (n >= 24)
                CHECK_STR(name, values[i].name);
        }
        CHECK(names <= 24);
        fill(path, values[i].format, 3);
        CHECK_STR(ask(routes, SCOPE, path, 404), values[i].name);
        if (values[i].other)
            CHECK_STR(ask(routes, SCOPE, values[i].other, 200), values[i].other_name);
        CHECK_STR(ask(routes, SCOPE, "/nonesuch/x", 404), "unknown");
        routes_free(routes);
    }
}

/* People's names are words, too: they are values a little later. */
static void test_words_are_values(void)
{
    struct routes *routes = routes_new();
    char path[] = "/people/aa";
    for (int n = 0; n < 26 * 26; n++) {
        path[8] = (char)('a' + n / 26);
        path[9] = (char)('a' + n % 26);
        const char *name = ask(routes, SCOPE, path, 200);
        if (n >= 41)
            CHECK_STR(name, "/people/:id");
    }
    CHECK_STR(ask(routes, SCOPE, "/people/me/mail", 200), "/people/:id/mail");
    routes_free(routes);
}

/* As many routes as a large interface has: each in its turn, then as they come. */
static void test_routes_stay(void)
{
    uint64_t random = 1;
    struct routes *routes = routes_new();
    char path[100];
    for (unsigned n = 0; n < 4000; n++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        unsigned r = n < 40 ? n : (unsigned)(random >> 33) % (n < 400 ? 40 : 60);
        snprintf(path, sizeof path, "/api/v1/%c%c-things", 'a' + r % 26, 'a' + r / 26);
        CHECK_STR(ask(routes, SCOPE, path, 200), path);
    }
    routes_free(routes);
}

static void test_routes_beside_values(void)
{
    static const char *const kept[] = {"/static/app.js", "/static/site.css", "/api/v1/items",
        "/api/v1/carts", "/login", "/health"};
    struct routes *routes = routes_new();
    char path[100];
    for (unsigned n = 0; n < 400; n++) {
        ask(routes, SCOPE, kept[n % 4], 200);
        ask(routes, SCOPE, kept[4 + n % 2], 200);
        snprintf(path, sizeof path, "/article-%u", n);
        if (n >= 24)
            CHECK_STR(ask(routes, SCOPE, path, 200), "/:id");
        else
            ask(routes, SCOPE, path, 200);
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        CHECK_STR(ask(routes, SCOPE, kept[i], 200), kept[i]);
    routes_free(routes);
}

/* What a scanner finds makes no route a value, whatever it is refused with. */
static void test_scanner(void)
{
    struct routes *routes = routes_new();
    char path[100];
    ask(routes, SCOPE, "/orders", 200);
    ask(routes, SCOPE, "/orders/17", 200);
    for (unsigned n = 0; n < 1000; n++) {
        snprintf(path, sizeof path, "/scan-%u.php", n);
        CHECK_STR(ask(routes, SCOPE, path, 404), "unknown");
        const char *name = ask(routes, SCOPE, path, 403);
        if (n >= 24)
            CHECK_STR(name, "/:id");
    }
    CHECK_STR(ask(routes, SCOPE, "/orders", 200), "/orders");
    CHECK_STR(ask(routes, SCOPE, "/orders/18", 404), "/orders/:id");
    CHECK_STR(ask(routes, SCOPE, "/customers", 404), "unknown");
    CHECK_STR(ask(routes, SCOPE, "/customers", 500), "/:id");
    CHECK_STR(ask(routes, SCOPE, "/customers", 200), "/customers");
    routes_free(routes);
}

static void test_services_apart(void)
{
    struct routes *routes = routes_new();
    char path[100];
    for (unsigned n = 0; n < 100; n++) {
        snprintf(path, sizeof path, "/x/%uth", n);
        ask(routes, SCOPE, path, 200);
    }
    CHECK_STR(ask(routes, SCOPE, "/x/new", 200), "/x/:id");
    CHECK_STR(ask(routes, SCOPE + 1, "/x/new", 404), "unknown");
    CHECK_STR(ask(routes, SCOPE + 1, "/x/new", 200), "/x/new");
    routes_free(routes);
}

/* Parameters' values are learned as segments are. */
static void test_parameters(void)
{
    struct routes *routes = routes_new();
    struct buf out = {0};
    char text[100];
    for (unsigned n = 0; n < 100; n++) {
        snprintf(text, sizeof text, "/?page=p-%u&_task=mail", n);
        buf_clear(&out);
        routes_learn(routes, SCOPE, bytes_of(text), true, &out);
    }
    CHECK_STR(out.data, "/?page=:id&_task=mail");
    buf_free(&out);
    routes_free(routes);
}

/* A million paths of somebody who wants it to take memory and time. */
static void test_hostile(void)
{
    struct routes *routes = routes_new();
    char path[200];
    for (unsigned n = 0; n < 200000; n++) {
        uint64_t x = n * UINT64_C(0x9e3779b97f4a7c15);
        snprintf(path, sizeof path, "/%c%c/%c/q%x/%c%c/w%x/%x", 'a' + (char)(x % 26),
            'a' + (char)(x / 26 % 26), 'a' + (char)(x / 700 % 26), n % 97, 'a' + (char)(n % 26),
            'a' + (char)(n / 26 % 26), n % 89, n);
        ask(routes, SCOPE + n % 1000, path, n % 3 ? 200 : 500);
    }
    CHECK_STR(ask(routes, SCOPE, "/a", 404), "unknown");
    routes_free(routes);
}

static void test_views(void)
{
    enum { SECOND = 1000000000 };
    struct route_views *views = route_views_new();
    struct route_view *a = route_view_of(views, 1, "GET /a", SECOND);
    CHECK(a && a == route_view_of(views, 1, "GET /a", 2 * SECOND));
    CHECK(a != route_view_of(views, 2, "GET /a", SECOND));
    CHECK(!route_view_by(a, SECOND) && route_view_wait(views, a, 2 * SECOND) > 2 * SECOND);
    CHECK(!route_view_wait(views, a, UINT64_C(60) * SECOND));
    route_view_learn(a, "shop.a", 3 * UINT64_C(1000000000));
    CHECK(!route_view_by(a, 2 * SECOND));
    CHECK_STR(route_view_by(a, UINT64_C(3000000000)), "shop.a");
    CHECK(!route_view_wait(views, a, UINT64_C(3000000000)));
    route_view_learn(a, "shop.b", UINT64_C(5000000000));
    CHECK_STR(route_view_by(a, UINT64_C(4000000000)), "shop.a");
    CHECK(!route_view_by(a, UINT64_C(5000000000)));
    char name[40];
    unsigned waits = 0;
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "GET /%u", i);
        struct route_view *route = route_view_of(views, 1, name, SECOND);
        for (int j = 0; j < 40 && route; j++)
            waits += route_view_wait(views, route, SECOND) != 0;
    }
    CHECK(waits <= 1000 && !route_view_of(views, 1, "GET /more", SECOND));
    route_views_free(views);
}

int main(void)
{
    test_values();
    test_words_are_values();
    test_routes_stay();
    test_routes_beside_values();
    test_scanner();
    test_services_apart();
    test_parameters();
    test_hostile();
    test_views();
    return check_result();
}
