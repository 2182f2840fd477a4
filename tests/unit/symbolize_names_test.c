/* How functions, files and modules are shown. */
#include <stdlib.h>
#include "check.h"
#include "symbolize/names.h"
#include "symbolize/symbolize.h"

static void check_name(const char *symbol, const char *expected)
{
    char *name = name_readable(symbol);
    CHECK_STR(name, expected);
    free(name);
}

static void test_functions(void)
{
    check_name("main", "main");
    check_name("_ZN4shop6basket5totalEv", "shop::basket::total()");
    check_name("_ZN4shop6basket5totalEv.constprop.0", "shop::basket::total()");
    check_name("parse.part.0.cold", "parse");
    check_name(".cold", ".cold");
    check_name("_Znonsense", "_Znonsense");
    check_name("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write");
    check_name("", "");
}

static void test_long_names(void)
{
    char symbol[2 * FUNCTION_NAME_MAX];
    for (int len = FUNCTION_NAME_MAX - 1; len <= FUNCTION_NAME_MAX + 1; len++) {
        memset(symbol, 'x', (size_t)len);
        symbol[len] = '\0';
        char *name = name_readable(symbol);
        CHECK(strlen(name) == (size_t)(len > FUNCTION_NAME_MAX ? FUNCTION_NAME_MAX : len));
        CHECK((strstr(name, "...") != NULL) == (len > FUNCTION_NAME_MAX));
        free(name);
    }
}

static void check_absolute(const char *comp_dir, const char *file, const char *expected)
{
    char *path = path_absolute(comp_dir, file);
    CHECK_STR(path, expected);
    free(path);
}

static void test_paths(void)
{
    check_absolute("/src/app", "lib/x.c", "/src/app/lib/x.c");
    check_absolute("/src/app/", "../lib/./x.c", "/src/lib/x.c");
    check_absolute("/src", "/other//x.c", "/other/x.c");
    check_absolute("/", "../../x.c", "/x.c");
    check_absolute(NULL, "x.c", "x.c");
    check_absolute(".", "x.c", "x.c");
    check_absolute("./csu", "../csu/x.c", "csu/x.c");
    check_absolute(NULL, "", "");
    check_absolute(NULL, "..", "");
    CHECK_STR(path_short("/src/app/lib/x.c", "/src/app"), "lib/x.c");
    CHECK_STR(path_short("/src/app/lib/x.c", "/src/ap"), "lib/x.c");
    CHECK_STR(path_short("/src/app/sub/lib/x.c", "/src/app/"), "sub/lib/x.c");
    CHECK_STR(path_short("/src/app/sub/lib/x.c", "/build"), "lib/x.c");
    CHECK_STR(path_short("/x.c", NULL), "x.c");
    CHECK_STR(path_short("x.c", NULL), "x.c");
    CHECK_STR(path_short("a/x.c", NULL), "a/x.c");
    CHECK_STR(path_short("", NULL), "");
}

static void check_module(const char *path, bool main_program, const char *expected)
{
    char *name = module_name(path, main_program);
    CHECK_STR(name, expected);
    free(name);
}

static void test_modules(void)
{
    check_module("/usr/sbin/nginx", true, "nginx");
    check_module("/usr/sbin/nginx (deleted)", true, "nginx");
    check_module("linux-vdso.so.1", false, "[vdso]");
    check_module("", true, "[main]");
    check_module("", false, "[unknown]");
}

static void test_libraries(void)
{
    CHECK(module_is_library("/lib/x86_64-linux-gnu/libc.so.6", false));
    CHECK(module_is_library("/lib64/ld-linux-x86-64.so.2", false));
    CHECK(module_is_library("/usr/local/lib/libfoo.so", false));
    CHECK(module_is_library("/proc/12/root/usr/lib/libpq.so.5", false));
    CHECK(module_is_library("/opt/app/lib/python3/site-packages/x/y.so", false));
    CHECK(module_is_library(
        "/opt/python/3.12/lib/python3.12/lib-dynload/_json.cpython-312-x86_64-linux-gnu.so",
        false));
    CHECK(module_is_library("/opt/python/3.12/lib/libpython3.12.so.1.0", false));
    CHECK(module_is_library("/srv/shop/node_modules/pg-native/build/addon.node", false));
    CHECK(module_is_library("/opt/ruby/lib/ruby/gems/3.1.0/gems/pg-1.4/lib/pg_ext.so", false));
    CHECK(module_is_library("/opt/jdk/lib/server/libjvm.so", false));
    CHECK(!module_is_library("/srv/shop/node-shop.so", false));
    CHECK(!module_is_library("/srv/shop/native/_shop.cpython-312-x86_64-linux-gnu.so", false));
    CHECK(module_is_library("linux-vdso.so.1", false));
    CHECK(!module_is_library("/opt/app/libshop.so", false));
    CHECK(!module_is_library("/library/libshop.so", false));
    CHECK(!module_is_library("/proc/12/root/opt/app/libshop.so", false));
    CHECK(!module_is_library("/usr/lib/postgresql/15/bin/postgres", true));
    CHECK(!module_is_library("/usr/sbin/nginx", true));
    CHECK(module_is_library("/usr/bin/python3.11", true));
    CHECK(module_is_library("/usr/bin/php8.2", true));
    CHECK(module_is_library("/usr/sbin/php-fpm8.2", true));
    CHECK(module_is_library("/usr/bin/perl", true));
    CHECK(!module_is_library("/usr/bin/nodelist", true));
    CHECK(source_is_library("/usr/include/c++/12/bits/stl_vector.h"));
    CHECK(!source_is_library("/srv/app/main.cc"));
}

static void check_interpreter(const char *module, bool expected)
{
    struct frame frame = {.module = module};
    CHECK(symbolizer_is_interpreter(&frame) == expected);
}

static void test_interpreter(void)
{
    check_interpreter("libpython3.11.so.1.0", true);
    check_interpreter("python3.11", true);
    check_interpreter("python3", true);
    check_interpreter("python", true);
    check_interpreter("python3.11d", true);
    check_interpreter("libpython_helper.so", false);
    check_interpreter("pythonrunner", false);
    check_interpreter("libpq.so.5", false);
    check_interpreter("libphp8.2.so", true);
    check_interpreter("php-fpm8.2", true);
    check_interpreter("phpredis.so", false);
    check_interpreter(NULL, false);
}

int main(void)
{
    test_functions();
    test_long_names();
    test_paths();
    test_modules();
    test_libraries();
    test_interpreter();
    return check_result();
}
