/* Line tables, paths and view names of interpreters' frames. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>
#include "base/buf.h"
#include "symbolize/code.h"
#include "symbolize/code_lines.h"
#include "symbolize/code_paths.h"
#include "trace/own_package.h"
#include "trace/views.h"
#include "wire/record.h"

static int line(uint32_t language, const char *bytes, size_t len, uint32_t position)
{
    const struct line_table table = {
        .language = language, .first_line = 10, .bytes = (const uint8_t *)bytes, .len = len};
    return code_line(&table, position);
}

#define LINE(language, bytes, position) line(language, bytes, sizeof(bytes) - 1, position)

static void test_lines(void)
{
    /* From 6 on line 11, from 50 on line 9. */
    CHECK(LINE(CODE_PYTHON_LNOTAB, "\x06\x01\x2c\xfe", 0) == 10);
    CHECK(LINE(CODE_PYTHON_LNOTAB, "\x06\x01\x2c\xfe", 6) == 11);
    CHECK(LINE(CODE_PYTHON_LNOTAB, "\x06\x01\x2c\xfe", 50) == 9);
    CHECK(LINE(CODE_PYTHON_LNOTAB, "", 50) == 10);
    CHECK(LINE(CODE_PYTHON_LNOTAB, "\x06", 50) == 10);
    /* Up to 8 line 11, up to 12 none, up to 14 line 9. */
    CHECK(LINE(CODE_PYTHON_LINES, "\x08\x01\x04\x80\x02\xfe", 7) == 11);
    CHECK(LINE(CODE_PYTHON_LINES, "\x08\x01\x04\x80\x02\xfe", 8) == 0);
    CHECK(LINE(CODE_PYTHON_LINES, "\x08\x01\x04\x80\x02\xfe", 12) == 9);
    CHECK(LINE(CODE_PYTHON_LINES, "\x08\x01\x04\x80\x02\xfe", 14) == 0);
    /* One unit on the line, two with columns on line 11, one with 65 more in the long form, one
     * without, one 65 less. */
    static const char locations[] = "\x80\x00\xd9\x01\x02\xf0\x42\x02\x00\x00\x00\xf8\xe8\x43\x02";
    CHECK(LINE(CODE_PYTHON_LOCATIONS, locations, 0) == 10);
    CHECK(LINE(CODE_PYTHON_LOCATIONS, locations, 2) == 11);
    CHECK(LINE(CODE_PYTHON_LOCATIONS, locations, 5) == 11);
    CHECK(LINE(CODE_PYTHON_LOCATIONS, locations, 6) == 76);
    CHECK(LINE(CODE_PYTHON_LOCATIONS, locations, 8) == 0);
    CHECK(LINE(CODE_PYTHON_LOCATIONS, locations, 10) == 11);
    CHECK(LINE(CODE_PYTHON_LOCATIONS, locations, 12) == 0);
    CHECK(LINE(CODE_PYTHON_LOCATIONS, "\xf0\x7f\x7f\x7f\x7f\x7f\x7f\x7f", 0) == 0);
    CHECK(LINE(CODE_UNKNOWN, "\x06\x01", 0) == 0 && LINE(99, "\x06\x01", 0) == 0);
}

/* Tables of any bytes: no position is outside of what can be said. */
static void test_hostile_lines(void)
{
    char bytes[64];
    srand(1);
    for (int round = 0; round < 200000; round++) {
        size_t len = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)rand();
        for (uint32_t language = 0; language < 5; language++)
            if (line(language, bytes, len, (uint32_t)rand() % 200) < 0)
                CHECK(false);
    }
}

static void check_path(const char *file, const char *shown, bool is_library, const char *module)
{
    const struct code_roots roots = {.working = "/srv", .script = "/srv/app/"};
    struct code_path path = code_path_of(file, &roots);
    char *found = code_path_module(path.shown);
    CHECK_STR(path.shown, shown);
    CHECK(path.is_library == is_library);
    CHECK_STR(found ? found : "", module);
    free(found);
}

static void test_paths(void)
{
    check_path("/srv/app/shop/views.py", "shop/views.py", false, "shop.views");
    check_path("/srv/tools/sync.py", "tools/sync.py", false, "tools.sync");
    check_path("/srv/app/shop/__init__.py", "shop/__init__.py", false, "shop");
    check_path("/opt/shop/lib/views/cart.py", "views/cart.py", false, "views.cart");
    check_path("/srvapp/cart.py", "srvapp/cart.py", false, "srvapp.cart");
    check_path("./cart.py", "cart.py", false, "cart");
    check_path("/usr/lib/python3.11/json/__init__.py", "json/__init__.py", true, "json");
    check_path("/srv/app/venv/lib/python3.13t/site-packages/a/b.py", "a/b.py", true, "a.b");
    check_path("/usr/lib/python3/dist-packages/flask/app.py", "flask/app.py", true, "flask.app");
    check_path("/root/.pyenv/versions/3.12.1/lib/python3.12/ast.py", "ast.py", true, "ast");
    check_path("/srv/app/bin/run", "run", true, "");
    check_path("/usr/sbin/service", "service", true, "");
    check_path("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>", true, "");
    check_path("<string>", "<string>", false, "");
    check_path("", "", false, "");
    const struct code_roots none = {.working = NULL};
    CHECK_STR(code_path_of("/srv/app/shop/views.py", &none).shown, "shop/views.py");
}

/* Of installed packages: those of the patterns, and the one that was started. */
static void test_own_packages(void)
{
    static const struct {
        const char *file, *patterns, *package;
        bool is_library, is_installed;
    } files[] = {
        {"/usr/lib/python3/dist-packages/synapse/handlers/room.py", "synapse.*", NULL, false,
            false},
        {"/usr/lib/python3/dist-packages/synapse/__init__.py", "synapse.*", NULL, false, false},
        {"/usr/lib/python3/dist-packages/synapses/a.py", "synapse.*", "synapse", true, false},
        {"/usr/lib/python3/dist-packages/trytond/wsgi.py", "trytond.modules.*", NULL, true, false},
        {"/usr/lib/python3/dist-packages/trytond/wsgi.py", "trytond.modules.*", "trytond", false,
            true},
        {"/usr/lib/python3/dist-packages/trytond/modules/party/party.py", "a,trytond.modules.*",
            "trytond", false, false},
        {"/srv/venv/lib/python3.11/site-packages/shop.py", NULL, "shop", false, true},
        {"/srv/vendor/acme/cart/src/Cart.php", "*/vendor/acme/*", NULL, false, false},
        {"/srv/vendor/symfony/http/Kernel.php", "*/vendor/acme/*", NULL, true, false},
        {"/usr/lib/python3.11/json/decoder.py", "json.*", "json", true, false},
        {"/usr/bin/synapse", "synapse.*", "synapse", true, false},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct wildcard_list *own = wildcard_list_parse(files[i].patterns);
        const struct code_roots roots = {.package = files[i].package, .own = own};
        struct code_path path = code_path_of(files[i].file, &roots);
        CHECK(path.is_library == files[i].is_library);
        CHECK(path.is_installed == files[i].is_installed);
        wildcard_list_free(own);
    }
}

static void check_package(struct arena *arena, const char *const argv[], const char *expected)
{
    struct buf block = {0};
    for (size_t i = 0; argv[i]; i++)
        buf_add(&block, argv[i], strlen(argv[i]) + 1);
    const struct program program =
        program_of(arena, "/usr/bin/python3.11", (struct bytes){block.data, block.len});
    const char *found = own_package(arena, &program, "/tmp");
    CHECK_STR(found ? found : "", expected);
    buf_free(&block);
}

#define PACKAGE(expected, ...)                                                                     \
    check_package(&arena, (const char *const[]){"python3", __VA_ARGS__, NULL}, expected)

static void test_package_of_program(void)
{
    struct arena arena = {0};
    PACKAGE("shop", "/usr/bin/gunicorn", "-w", "4", "shop.wsgi:application");
    PACKAGE("trytond", "-m", "gunicorn", "trytond.application:app");
    PACKAGE("synapse", "-m", "synapse.app.homeserver", "-c", "x");
    PACKAGE("http", "-m", "http.server");
    PACKAGE("", "-m", "uvicorn", "--fd", "3");
    PACKAGE("", "-m", "django", "runserver");
    PACKAGE("", "-c", "import shop");
    PACKAGE("", "shop.py");
    PACKAGE("", "/srv/shop/main.py");
    PACKAGE("shop", "/usr/lib/python3/dist-packages/shop/main.py");
    PACKAGE("", "/usr/lib/python3/dist-packages/django/bin/x.py");
    arena_free(&arena);
}

/* A command's package is the one that it imports, however its installer wrote it. */
static void test_package_of_command(void)
{
    static const char *const commands[][2] = {
        {"#!/usr/bin/python3\nimport re\nimport sys\nfrom trytond.admin import run\n", "trytond"},
        {"#!/usr/bin/python3\nimport sys\ntry:\n    from importlib.metadata import distribution\n"
         "sys.exit(load_entry_point('my-shop==1.0', 'console_scripts', 'shop')())\n",
            "my_shop"},
        {"#!/usr/bin/python3\nfrom django.core.management import execute\n", ""},
        {"from shop import run\n", ""}, {"#!/bin/sh\necho from here\n", ""}, {"", ""}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct arena arena = {0};
        char path[] = "/tmp/code_test-XXXXXX";
        int fd = mkstemp(path);
        CHECK(write(fd, commands[i][0], strlen(commands[i][0])) >= 0);
        close(fd);
        PACKAGE(commands[i][1], path);
        unlink(path);
        arena_free(&arena);
    }
}

static struct frame frame(const char *file, const char *function, bool is_library)
{
    return (struct frame){.filename = file,
        .function = function,
        .module = is_library ? "library" : "shop.views",
        .library_frame = is_library};
}

static void check_view(const struct frame *frames, size_t count, const char *expected)
{
    const struct frame *view = view_among(frames, count);
    char *name = view ? view_name(view) : NULL;
    CHECK_STR(name ? name : "", expected);
    free(name);
}

static void test_views(void)
{
    const struct frame django = frame("django/core/handlers/base.py", "_get_response", true);
    const struct frame handler =
        frame("django/core/handlers/base.py", "BaseHandler.get_response", true);
    const struct frame library = frame("django/db/models/query.py", "QuerySet.get", true);
    const struct frame view = frame("shop/views.py", "Cart.get", false);
    const struct frame helper = frame("shop/helpers.py", "total", false);
    const struct frame middleware = frame("shop/middleware.py", "Log.__call__", false);
    const struct frame server =
        frame("gunicorn/workers/sync.py", "SyncWorker.handle_request", true);
    check_view((struct frame[]){library, helper, view, library, django, middleware, server}, 7,
        "shop.views.Cart.get");
    check_view((struct frame[]){library, helper, library, handler, middleware, server}, 6, "");
    check_view((struct frame[]){library, library, django, server}, 4, "");
    const struct frame hook = frame("shop/middleware.py", "Log.process_view", false);
    check_view((struct frame[]){library, hook, django, server}, 4, "");
    const struct frame rendered = frame("django/template/response.py", "render", true);
    check_view((struct frame[]){library, helper, rendered, django, server}, 5, "");
    struct frame installed = view;
    installed.installed = true;
    check_view((struct frame[]){library, helper, installed, library, django, server}, 6,
        "shop.views.Cart.get");
    check_view((struct frame[]){helper, installed, server}, 3, "shop.views.total");
    check_view((struct frame[]){installed, server}, 2, "");
    const struct frame inner = frame("shop/views.py", "create_app.<locals>.index", false);
    const struct frame flask = frame("flask/app.py", "Flask.dispatch_request", true);
    check_view((struct frame[]){inner, flask, server}, 3, "shop.views.create_app.index");
    const struct frame driver = frame("psycopg2/extras.py", "execute", true);
    check_view((struct frame[]){driver, inner, server}, 3, "shop.views.create_app.index");
    const struct frame generic =
        frame("django/views/generic/base.py", "View.as_view.<locals>.view", true);
    const struct frame own_middleware = frame("shop/middleware.py", "Log.__call__", false);
    static const char *const methods[][3] = {
        {"Cart.get", "shop.views.Cart", "shop.views.Cart.get"},
        {"Shop.Cart.get_queryset", "shop.views.Shop.Cart", "shop.views.Shop.Cart.get_queryset"},
        {"make.<locals>.Cart.put", "shop.views.make.Cart", "shop.views.make.Cart.put"},
        {"Cart.get.<locals>.f", "shop.views.Cart.get.f", "shop.views.Cart.get.f"},
        {"get", "shop.views.get", "shop.views.get"},
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const struct frame method = frame("shop/views.py", methods[i][0], false);
        check_view((struct frame[]){method, library, generic, django, server}, 5, methods[i][1]);
        check_view((struct frame[]){method, django, own_middleware, generic}, 4, methods[i][2]);
    }
    check_view((struct frame[]){library, inner, server}, 3, "");
    check_view((struct frame[]){library, helper}, 2, "");
    check_view(NULL, 0, "");
}

int main(void)
{
    test_lines();
    test_hostile_lines();
    test_paths();
    test_own_packages();
    test_package_of_program();
    test_package_of_command();
    test_views();
    return check_result();
}
