/* What of PHP's messages is told of a failure, and what is not. */
#include "check.h"
#include "trace/php_failure.h"

static const struct {
    const char *text, *kind, *class, *engine, *file, *line; /* kind NULL: none */
} cases[] = {
    {"PHP message: PHP Fatal error:  Uncaught DomainException: no account of anna in /srv/i.php:7\n"
     "Stack trace:\n#0 {main}\n  thrown in /srv/i.php on line 7\n",
        "Fatal error", "DomainException", "", "/srv/i.php", "7"},
    {"PHP Fatal error:  Uncaught App\\Error\\NotFound in /srv/i.php on line 12", "Fatal error",
        "App\\Error\\NotFound", "", "/srv/i.php", "12"},
    {"PHP Warning:  a in /a.php on line 1\nPHP message: PHP Parse error:  syntax error, unexpected "
     "identifier \"anna\" in /srv/p.php on line 3",
        "Parse error", "", "", "/srv/p.php", "3"},
    {"PHP message: PHP Fatal error:  Allowed memory size of 4194304 bytes exhausted (tried to "
     "allocate 9000032 bytes) in /srv/m.php on line 9",
        "Fatal error", "",
        "Allowed memory size of 4194304 bytes exhausted (tried to allocate 9000032 bytes)",
        "/srv/m.php", "9"},
    {"PHP Fatal error:  Maximum execution time of 30 seconds exceeded in /a b.php on line 1",
        "Fatal error", "", "Maximum execution time of 30 seconds exceeded", "/a b.php", "1"},
    {"PHP Fatal error:  Out of memory says 'anna' in /a.php on line 1", "Fatal error", "", "",
        "/a.php", "1"},
    {"PHP Fatal error:  anna in Rome on line 3 in /a.php on line 10", "Fatal error", "", "",
        "/a.php", "10"},
    {"PHP Fatal error:  Uncaught class@anonymous: x in /a.php on line 1", "Fatal error", "class",
        "", "/a.php", "1"},
    {"of the message\n#0 {main}\n  thrown in /srv/i.php on line 7", "Fatal error", "", "",
        "/srv/i.php", "7"},
    {"PHP Warning:  Undefined variable in /srv/i.php on line 7", NULL, NULL, NULL, NULL, NULL},
    {"of the message in /srv/i.php on line 7", NULL, NULL, NULL, NULL, NULL},
    {"PHP Fatal error:  ", NULL, NULL, NULL, NULL, NULL},
    {"PHP Fatal error:  x in /a\x01.php on line 1", NULL, NULL, NULL, NULL, NULL},
    {"PHP Fatal error:  x in /a.php on line x", NULL, NULL, NULL, NULL, NULL},
    {"PHP ", NULL, NULL, NULL, NULL, NULL},
    {" in  on line ", NULL, NULL, NULL, NULL, NULL},
    {"", NULL, NULL, NULL, NULL, NULL},
};

static void check(struct bytes got, const char *wanted, const char *text)
{
    CHECK(bytes_equal(got, bytes_of(wanted)));
    if (!bytes_equal(got, bytes_of(wanted)))
        fprintf(stderr, "    \"%.*s\" of \"%s\"\n", (int)got.len, got.data, text);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct php_failure failure;
        bool found = php_failure_read(bytes_of(cases[i].text), &failure);
        CHECK(found == (cases[i].kind != NULL));
        if (found != (cases[i].kind != NULL))
            fprintf(stderr, "    \"%s\"\n", cases[i].text);
        if (!found || !cases[i].kind)
            continue;
        check(failure.kind, cases[i].kind, cases[i].text);
        check(failure.class, cases[i].class, cases[i].text);
        check(failure.engine, cases[i].engine, cases[i].text);
        check(failure.file, cases[i].file, cases[i].text);
        check(failure.line, cases[i].line, cases[i].text);
    }
    return check_result();
}
