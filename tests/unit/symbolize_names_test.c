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

/* As c++filt and rustfilt show them. */
static void test_rust(void)
{
    static const char *const names[][2] = {
        {"_RNvC6_123foo3bar", "123foo::bar"},
        {"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
        {"_RNCNvCs1234_7mycrate3foo0B4_", "mycrate::foo::{closure#0}"},
        {"_RNCNvCs1234_7mycrate3foo0", "mycrate::foo::{closure#0}"},
        {"_RNCNvCs1234_7mycrate3foos_0", "mycrate::foo::{closure#1}"},
        {"_RNvMs_NtCs1234_7mycrate3mod4TypeNtB4_5Other3run", NULL},
        {"_RNvMCs1234_7mycrateNtB2_3Foo3bar", "<mycrate::Foo>::bar"},
        {"_RNvXCs1234_7mycrateNtB2_3FooNtB2_3Bar3baz", "<mycrate::Foo as mycrate::Bar>::baz"},
        {"_RNvYNtCs1234_7mycrate3FooNtB4_3Bar3baz", "<mycrate::Foo as mycrate::Bar>::baz"},
        {"_RINvCs1234_7mycrate3fooReE", "mycrate::foo::<&str>"},
        {"_RINvCs1234_7mycrate3fooQhPhOhE", "mycrate::foo::<&mut u8, *const u8, *mut u8>"},
        {"_RINvCs1234_7mycrate3fooTlmEThEuAhj8_ShE",
            "mycrate::foo::<(i32, u32), (u8,), (), [u8; 8], [u8]>"},
        {"_RINvCs1234_7mycrate3fooFhEmE", "mycrate::foo::<fn(u8) -> u32>"},
        {"_RINvCs1234_7mycrate3fooFUKCEuE", "mycrate::foo::<unsafe extern \"C\" fn()>"},
        {"_RINvCs1234_7mycrate3fooFG_RL0_hEuE", "mycrate::foo::<for<'a> fn(&'a u8)>"},
        {"_RINvCs1234_7mycrate3fooDNtB4_3BarEL_E", NULL},
        {"_RINvCs1234_7mycrate3fooDNtB2_3BarEL_E", "mycrate::foo::<dyn mycrate::Bar>"},
        {"_RINvCs1234_7mycrate3fooDNtB2_3Barp4ItemhEL_E",
            "mycrate::foo::<dyn mycrate::Bar<Item = u8>>"},
        {"_RINvCs1234_7mycrate3fooKj3_Klnf_Kb1_Kc61_KpE", "mycrate::foo::<3, -15, true, 'a', _>"},
        {"_RNvCs1234_7mycrateu8gdel_5qa", "mycrate::gödel"},
        {"_RNvCs1234_7mycrateu30____7hkackfecea1cbdathfdh9hlq6y",
            "mycrate::საჭმელად_გემრიელი_სადილი"},
        {"_RNvCs1234_7mycrate3foo.llvm.1234", "mycrate::foo"},
        {"_R", NULL},
        {"_RNv", NULL},
        {"_RNvC3foo", NULL},
        {"_RB_", NULL},
        {"_RNvB_3foo", NULL},
        {"_RNvC99999999999999999999a1b", NULL},
        {"_RINvC1a1bAhKj8_E", NULL},
        {"_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$"
         "9write_str17h0123456789abcdefE",
            "<alloc::string::String as core::fmt::Write>::write_str"},
        {"_ZN4shop4cart28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
            "shop::cart::{{closure}}"},
        {"_ZN4core3ptr41drop_in_place$LT$$RF$str$C$$LP$$RP$$GT$17h0123456789abcdefE", NULL},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *symbol = names[i][0];
        char *name = name_readable(symbol);
        CHECK_STR(name, names[i][1] ? names[i][1] : symbol);
        free(name);
    }
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
    test_rust();
    test_long_names();
    test_paths();
    test_modules();
    test_libraries();
    test_interpreter();
    return check_result();
}
