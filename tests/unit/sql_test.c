#include "check.h"
#include "sql/classify.h"
#include "sql/comment.h"
#include "sql/fingerprint.h"
#include "sql/lex.h"
#include "sql/message.h"
#include "sql/misquoted.h"
#include "sql/obfuscate.h"
#include "sql/signature.h"
#include "sql/split.h"
#include "sql/token.h"
#include "sql/verb.h"

#include <stdlib.h>

static void check_obfuscated(const char *sql, bool keep_comments, const char *expected)
{
    struct buf out = {0};
    sql_obfuscate(bytes_of(sql), keep_comments, false, &out);
    CHECK_STR(out.data, expected);
    buf_free(&out);
}

static void check_all(const char *const (*cases)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_obfuscated(cases[i][0], false, cases[i][1]);
}

#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_strings(void)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"SELECT 'a', 'it''s', ''", "SELECT ?, ?, ?"},
        {"SELECT E'it\\'s', e'\\\\', E'a''b' x", "SELECT ?, ?, ? x"},
        {"SELECT U&'d\\0061t', u&'x', B'01', X'1F', N'n'", "SELECT ?, ?, ?, ?, ?"},
        {"SELECT date'x', U&\"d\\0061\"", "SELECT date?, U&\"d\\0061\""},
        {"SELECT $$it's$$, $tag$ $$ $tag $tag$, $é$x$é$", "SELECT ?, ?, ?"},
        {"SELECT dollar$bill, a$b$c, $1", "SELECT dollar$bill, a$b$c, $1"},
        {"SELECT 'a'\n'b' -- c\n 'd'", "SELECT ?"},
        {"SELECT \"it's\", \"a\"\"b\" FROM \"T\"", "SELECT \"it's\", \"a\"\"b\" FROM \"T\""},
        {"ALTER ROLE bob PASSWORD 'hunter2'", "ALTER ROLE bob PASSWORD ?"},
        {"COPY t (a) FROM stdin", "COPY t (a) FROM stdin"},
        {"DO $$BEGIN x; END$$", "DO ?"},
        {"SELECT TRUE, false, NULL, 'x'::text", "SELECT ?, ?, ?, ?::text"},
    };
    CHECK_ALL(cases);
}

static void test_numbers(void)
{
    static const char *const cases[][2] = {
        {"SELECT 1, 1.5, .5, 5., 1e5, 1.5E-10, 1e+5", "SELECT ?, ?, ?, ?, ?, ?, ?"},
        {"SELECT 0x1F, 0b11, 0o17, 1_000_000", "SELECT ?, ?, ?, ?"},
        {"SELECT -1, +2, a-3, t1.c2, $1, $23", "SELECT ?, +?, a-?, t1.c2, $1, $23"},
        {"SELECT a[1], a[1:2], x1y2, 12abc", "SELECT a[?], a[?:?], x1y2, ?"},
        {"SELECT 1..10", "SELECT ?.?"},
        {"LIMIT 10 OFFSET 20;", "LIMIT ? OFFSET ?;"},
    };
    CHECK_ALL(cases);
}

/* One text for what pg_stat_statements takes for one statement; `?::int` binds closer than a minus.
 */
static void test_constants(void)
{
    static const char *const cases[][2] = {
        {"SELECT a + -5, a +5, a - -5, a -5", "SELECT a + ?, a +?, a - ?, a -?"},
        {"SELECT - 5, -/* c */5, - -5, -.5, -(5)", "SELECT ?, ?, ?, ?, -(?)"},
        {"SELECT -5::int, - 5 :: int, -a, -$1, -'5'", "SELECT -?::int, - ? :: int, -a, -$1, -?"},
        {"SELECT a<-5, a->-5, a=-5, a*-5", "SELECT a<?, a->?, a=?, a*?"},
        {"SELECT a@-5, a|-5, a#>-5, a!=-5", "SELECT a@-?, a|-?, a#>-?, a!=-?"},
        {"SELECT f(-5), a[-5:-6], f(x => -5), ROW(-1)", "SELECT f(?), a[?:?], f(x => ?), ROW(?)"},
        {"a IN (-1, 2, NULL) OR b BETWEEN -1 AND -2", "a IN (?) OR b BETWEEN ? AND ?"},
        {"VALUES (NULL, TRUE), (-1, 'x')", "VALUES (?, ?), ..."},
        {"UPDATE t SET a = NULL, b = false", "UPDATE t SET a = ?, b = ?"},
        {"a IS NULL AND b IS NOT TRUE OR NOT true", "a IS NULL AND b IS NOT TRUE OR NOT ?"},
        {"a IS NOT DISTINCT FROM NULL", "a IS NOT DISTINCT FROM ?"},
        {"JOIN t ON true ORDER BY -5 + a", "JOIN t ON ? ORDER BY ? + a"},
        {"SELECT a AS null, b.null, by - 5", "SELECT a AS null, b.null, by - ?"},
        {"(a int NOT NULL DEFAULT NULL) ON DELETE SET NULL",
            "(a int NOT NULL DEFAULT NULL) ON DELETE SET NULL"},
        {"RETURNS NULL ON NULL INPUT, CALLED ON NULL INPUT",
            "RETURNS NULL ON NULL INPUT, CALLED ON NULL INPUT"},
        {"COPY t FROM stdin (NULL 'x', HEADER true)", "COPY t FROM stdin (NULL ?, HEADER true)"},
        {"SELECT 'a'\n'b' /* c */ 'd' FROM t", "SELECT ? FROM t"},
    };
    CHECK_ALL(cases);
}

static void test_comments(void)
{
    static const char *const cases[][2] = {
        {"/* id=1 */ SELECT 1 /* /* 2 */ 3 */ FROM t -- 4", "SELECT ? FROM t"},
        {"SELECT a--b\n FROM t", "SELECT a FROM t"},
        {"a/**/b", "a b"},
        {"-/**/-a", "- -a"},
        {"SELECT 1 /* never 'ends", "SELECT ?"},
        {"SELECT '/* x', a */ 2", "SELECT ?, a */ ?"},
        {"  SELECT 1\n ", "SELECT ?"},
    };
    CHECK_ALL(cases);
    check_obfuscated("/* id=1 */ SELECT 1 -- n=2\n, 3", true, "/* id=1 */ SELECT ? -- n=2\n, ?");
    check_obfuscated("a IN (1 -- n=1\n, 2)", true, "a IN (? -- n=1\n, ?)");
    check_obfuscated("VALUES (1) -- n=1\n, (2)", true, "VALUES (?), ...");
}

/* A text that servers read in two ways hides all that follows. */
static void test_ambiguous(void)
{
    static const char *const cases[][2] = {
        {"SELECT 'a\\', 'secret', '", "SELECT ?"},
        {"SELECT 'a\\'' , secret --'", "SELECT ?"},
        {"SELECT 'a\\\\', b", "SELECT ?, b"},
        {"SELECT 'a\\b', c", "SELECT ?, c"},
        {"SELECT E'a'\n'b\\', secret, '", "SELECT ?"},
        {"SELECT E'\x83\x5c', 'secret', '", "SELECT ?"},
        {"SELECT E'\x83\x5c\x5c', 'secret'", "SELECT ?"},
        {"SELECT $\x95\x5c$ secret $\x95\x5c$", "SELECT ?"},
        {"SELECT $\x95|x$ secret $\x95|x$", "SELECT ?"},
        {"SELECT \x95\x5c$a$ , 'x $a$ secret'", "SELECT ?"},
        {"SELECT \x95|$a$ , 'x $a$ secret'", "SELECT ?"},
        {"SELECT \x95|e'\\', secret '", "SELECT ?"},
        {"SELECT 1\x95\x5c$a$, 'x $a$ secret'", "SELECT ?"},
        {"SELECT \xc3\xa9||'x', \xc3\xa9[1]", "SELECT \xc3\xa9||?, \xc3\xa9[?]"},
        {"SELECT 0x1F$a$ secret $a$", "SELECT ?"},
        {"SELECT 1a$a$ , ' $a$ secret '", "SELECT ?"},
        {"SELECT 'never, ends", "SELECT ?"},
        {"SELECT \"never, 'secret'", "SELECT ?"},
        {"SELECT $a$ never $b$", "SELECT ?"},
    };
    CHECK_ALL(cases);
}

static void test_lists(void)
{
    static const char *const cases[][2] = {
        {"WHERE a IN (1, 2, 3)", "WHERE a IN (?)"},
        {"WHERE a in(1)", "WHERE a in(?)"},
        {"a IN (1 , -2, NULL ) AND b NOT IN ('x','y')", "a IN (? ) AND b NOT IN (?)"},
        {"a IN ($1, $2, $3)", "a IN ($1)"},
        {"a IN ('x'::uuid, 'y'::uuid)", "a IN (?::uuid)"},
        {"a IN ('1'::numeric(3, 1), 2)", "a IN (?::numeric(?, ?))"},
        {"a IN (1, b, 3)", "a IN (?, b, ?)"},
        {"a IN (SELECT 1, 2)", "a IN (SELECT ?, ?)"},
        {"a IN (1, (SELECT b IN (1, 2)), 3)", "a IN (?, (SELECT b IN (?)), ?)"},
        {"(a, b) IN ((1, 2), (3, 4))", "(a, b) IN ((?, ?))"},
        {"a = ANY (ARRAY[1, 2]::int[])", "a = ANY (ARRAY[?]::int[])"},
        {"ARRAY[[1,2],[3,4]]", "ARRAY[[?,?]]"},
        {"a IN (1, 2, 3", "a IN (?"},
        {"f(1, 2)", "f(?, ?)"},
        {"\"in\" (1, 2)", "\"in\" (?, ?)"},
        {"a IN (?, ?, ?)", "a IN (?)"},
        {"a IN ()", "a IN ()"},
    };
    CHECK_ALL(cases);
}

static void test_rows(void)
{
    static const char *const cases[][2] = {
        {"INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (?, ?)"},
        {"VALUES (1, 2), (3, 4),\n(5, 6) RETURNING id", "VALUES (?, ?), ... RETURNING id"},
        {"VALUES (1 ), (f(2, (3)))", "VALUES (? ), ..."},
        {"VALUES (1), (2", "VALUES (?), ..."},
        {"VALUES (now(), (1)), (2), x", "VALUES (now(), (?)), ..., x"},
        {"VALUES (a IN (1, 2)), (3); VALUES (4), (5)", "VALUES (a IN (?)), ...; VALUES (?), ..."},
        {"(VALUES (1), (2)) v", "(VALUES (?), ...) v"},
        {"VALUES (1), ('a\\', 'secret", "VALUES (?), ..."},
        {"VALUES (?), ...", "VALUES (?), ..."},
        {"a IN (1, 2::values (1), (2))", "a IN (?"},
    };
    CHECK_ALL(cases);
}

/* In each sample, whatever belongs to a literal or a comment holds Z and 9 only. */
static const char *const samples[] = {
    "SELECT 'Z9', 99, 9.9e9, .9 FROM t WHERE a = $1 AND b = -9",
    "SELECT E'Z\\'9\\\\', e'9''Z' , b'9', X'99', N'ZZ', U&'\\9999' UESCAPE 'Z', 'Z'",
    "SELECT $$Z9$ZZ$$, $tag$99$$9'$tag$, '$$', $$Z$$, \"quoted \"\"name\", 'Z'",
    "INSERT INTO t (a, b) VALUES ('Z', 9), ('9', 9.9), ($$Z$$, E'\\'Z') ON CONFLICT DO NOTHING",
    "/* 9 /* Z */ 9 */ UPDATE t SET a = 'Z''9' -- Z9\n WHERE b IN (9, 99, 'Z') /* Z",
    "SELECT 'C:\\Z\\', 'Z9', 9 -- '",
    "SELECT 'Z9\\'' , 9, 'Z'",
    "SELECT 'Z' AS x\n'9Z'\n  '9\\'Z', 9",
    "PREPARE p (int, text) AS SELECT 9, 'Z'; EXECUTE p(99, 'Z'); DEALLOCATE p",
    "SELECT 0x99Z9, 99_99, 9Z9, 9$9$Z, Z",
    "SELECT E'\x83\\', 'Z9'",
    "CREATE USER u PASSWORD 'Z9'; COPY t FROM stdin",
    "SELECT \xff\xfe, 'Z\xff', (((((9, ])]}, ARRAY[9, [9], IN (9, VALUES (9), (9",
};

/* Quotes that may have to be read the other way round: S marks what must not be shown. */
static void test_doubtful(void)
{
    static const char *const texts[] = {
        "INSERT INTO t VALUES ('Sean O'Brien','12 SZ Lane')",
        "INSERT INTO t VALUES ('Sean O' Brien','12 SZ Lane')",
        "INSERT INTO t VALUES (O'Brien, ' SZ', O'Neil)",
        "INSERT INTO t VALUES ('a' b', ' SZ ')",
        "INSERT INTO t VALUES (\"Sean O\"Brien\", \"SZ\")",
        "INSERT INTO t VALUES ('it's SZ's')",
        "INSERT INTO t VALUES ('6'2\" SZ tall')",
        "INSERT INTO t VALUES (6'2\" SZ tall)",
        "SELECT a FROM t WHERE b = 'x\" y' z\" SZ'",
        "SELECT a FROM t WHERE b = '/*' SZ '",
        "SELECT a FROM t WHERE b = 'SZ' /* SZ",
        "SELECT a FROM t WHERE b = $$x$$y SZ$$",
        "SELECT a FROM t WHERE b = \xe2\x80\x98SZ\xe2\x80\x99 AND c = SZ",
        "SELECT a FROM t WHERE b = \xe2\x80\x9cSZ SZ\xe2\x80\x9d",
        "SELECT a FROM t WHERE b = \xc2\xabSZ\xc2\xbb",
        "SELECT a FROM t WHERE b = \x93SZ\x94 AND c = SZ",
        "SELECT a FROM t WHERE b = O\xe2\x80\x99SZ",
        "SELECT a FROM t WHERE b = 'x'y'SZ' OR c = SZ",
        "SELECT a FROM t WHERE b = E'x\\''y SZ'",
        "SELECT a FROM t WHERE b = 'SZ' AND c = \"SZ",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out = {0};
        sql_obfuscate(bytes_of(texts[i]), true, false, &out);
        CHECK(!strstr(out.data, "SZ"));
        CHECK(strstr(out.data, "INSERT INTO t") || strstr(out.data, "SELECT a FROM t"));
        buf_free(&out);
    }
    check_obfuscated("SELECT a FROM t WHERE b='x' AND c=date'2020-01-01' AND d = 'it''s'", false,
        "SELECT a FROM t WHERE b=? AND c=date? AND d = ?");
    check_obfuscated("SELECT \"a\".\"b\" FROM \"t\" WHERE n='x'AND m='y'", false,
        "SELECT \"a\".\"b\" FROM \"t\" WHERE n=?");
}

/* A text that was cut may end within a string. */
static void test_cut_off(void)
{
    struct buf out = {0};
    sql_obfuscate(BYTES("INSERT INTO t VALUES ('a', b, 'S"), false, true, &out);
    CHECK_STR(out.data, "INSERT INTO t VALUES (?, b, ?");
    buf_clear(&out);
    sql_obfuscate(BYTES("INSERT INTO t VALUES ('a'b, 'c', 'S"), false, true, &out);
    CHECK_STR(out.data, "INSERT INTO t VALUES (?");
    buf_free(&out);
}

static void test_shown_comments(void)
{
    static const char *const shown[] = {"/* id=1 */", "/*id:1,c=c;i=e n=g*/", "-- req=abc-12",
        "/*traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/",
        "/*controller='users',action='show',route='%5Eusers%2F'*/", "--r=b"};
    static const char *const hidden[] = {"/* S */", "/* anna S */", "/* AND name = 'S' */",
        "-- AND name='S' OR 1", "/* id=anna@S */", "/* id='anna%40S' */", "/* token=S */",
        "/* userName:S */", "/* db_password=S */", "/*r=b c*/", "/*r=*/", "/*name=b*/", "/*pin=4*/",
        "/*route='%2Flogin%3Ftoken%3DS'*/", "/**/", "/***/", "--", "/* r=b", "/*/", "/* r='b */",
        "/* r=b /* c=d */ */", "/*r=http://a:b*/", "/*r=\xc3\xa4*/", "/*+ Hint(t) */"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        CHECK(sql_comment_is_pairs(bytes_of(shown[i])));
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        CHECK(!sql_comment_is_pairs(bytes_of(hidden[i])));
}

static void check_misquoted(const char *sql, const char *message, const char *expected)
{
    struct buf out = {0};
    sql_hide_misquoted(bytes_of(sql), bytes_of(message), &out);
    CHECK_STR(out.data, expected);
    buf_free(&out);
}

static void test_misquoted(void)
{
    static const char told[] = "column \"S\" does not exist";
    check_misquoted("select \"a\" from t where b = \"S\" and \"c\" = \"x\"", told,
        "select \"a\" from t where b = ? and \"c\" = ?");
    check_misquoted("select a from t where b = S and c = t.e and f = g(h)", told,
        "select a from t where b = ? and c = t.e and f = g(?)");
    check_misquoted("insert into \"t\" (\"a\", S) values (S, null, b), (c, d) returning a", told,
        "insert into \"t\" (\"a\", S) values (?, null, ?), (?, ?) returning a");
    check_misquoted(
        "select S, a from t where a is null", told, "select S, a from t where a is null");
    check_misquoted("update \"t\" set \"S\" = b, c = S where d = S", told,
        "update \"t\" set \"S\" = ?, c = ? where d = ?");
    check_misquoted("select 1 where a = \"S\"\"S\"", "", "select 1 where a = ?");
    check_misquoted("select 1 from u where a = b@S1.example and u.x = S2.y", "",
        "select 1 from u where a = ?@? and u.x = ?");
    check_misquoted("select 1 from u join v on u.a = v.b where x = u.c", "",
        "select 1 from u join v on u.a = v.b where x = u.c");
    check_misquoted("select 1 where a between S and S or b in (S, S) or c = any (array[S])", "",
        "select 1 where a between ? and ? or b in (?, ?) or c = any (array[?])");
    check_misquoted("select 1 where a is distinct from S or b = lower(S) or (c, d) = (S, S)", "",
        "select 1 where a is distinct from ? or b = lower(?) or (c, d) = (?, ?)");
    check_misquoted("call p(S, \"S\")", "", "call p(?, ?)");
    check_misquoted("select case when a then S else S end from t limit S", "",
        "select case when a then ? else ? end from t limit ?");
    check_misquoted("select f(S), S x from t where S = a", "Spalte \xc2\xbbs\xc2\xab fehlt",
        "select f(?), S x from t where ? = ?");
    check_misquoted("select 1 from t where a in (select b from c where d = e)", "",
        "select 1 from t where a in (select b from c where d = ?)");
}

static void check_message(const char *message, bool numbers, bool cut, const char *expected)
{
    struct buf out = {0};
    const struct message_rules rules = {.hide_numbers = numbers, .cut = cut};
    sql_message(bytes_of(message), &rules, &out);
    CHECK_STR(out.data, expected);
    buf_free(&out);
}

static void test_messages(void)
{
    check_message("invalid input syntax for type integer: \"S\"", true, false,
        "invalid input syntax for type integer: ?");
    check_message("value \"S\" of \"S\" can't be", false, false, "value ? can't be");
    check_message("bad \"S\" S \"S\" S2", false, false, "bad ? S2");
    check_message("bad \"S S", false, false, "bad ?");
    check_message("bad \"S\" S", false, true, "bad ?");
    check_message("ung\xc3\xbcltig: \xc2\xbbS\xc2\xab!", false, false, "ung\xc3\xbcltig: ?!");
    check_message("invalide : \xc2\xab S \xc2\xbb", false, false, "invalide : ?");
    check_message("\xe2\x80\x9eS\xe2\x80\x9c x", false, false, "? x");
    check_message("near 'S' and `S' l'apostrophe", false, false, "near ?apostrophe");
    check_message("setval: value 4711 is out of (1..99), numeric(10,2), type int4, 0xff fe", true,
        false, "setval: value ? is out of (?..?), numeric(10,2), type int4, ? fe");
    check_message("byte 2020-13-31 12:00:00.5", true, false, "byte ? ?");
    check_message("", true, false, "");
    struct buf out = {0};
    const struct message_rules bare = {.hide_names = true};
    sql_message(BYTES("function S(integer) of t.S is not a: S 5 \"S\""), &bare, &out);
    CHECK_STR(out.data, "function ?(integer) of ? is not a: ?");
    buf_clear(&out);
    sql_message(BYTES("S.x is not valid for type varchar(8)"), &bare, &out);
    CHECK_STR(out.data, "? is not valid for type varchar(8)");
    buf_free(&out);
}

static void test_verbs(void)
{
    CHECK_STR(sql_verb(BYTES(" /* x */ ((select 1) union select 2)")), "SELECT");
    CHECK_STR(sql_verb(BYTES("With a as (select 1) select 1")), "WITH");
    CHECK_STR(sql_verb(BYTES("refresh materialized view x")), "REFRESH");
    CHECK(!sql_verb(BYTES("Anna Bertson 4711")) && !sql_verb(BYTES("1\tAnna")) &&
          !sql_verb(BYTES("'select'")) && !sql_verb(BYTES("\"select\" 1")) &&
          !sql_verb(BYTES("")) && !sql_verb(BYTES("selected 1")));
}

static void check_cut(struct bytes sql)
{
    struct buf out = {0}, name = {0};
    sql_obfuscate(sql, false, false, &out);
    CHECK(out.len <= 2 * sql.len && strlen(out.data) == out.len);
    CHECK(!strchr(out.data, 'Z') && !strchr(out.data, '9'));
    sql_signature(sql, &name);
    CHECK(strlen(name.data) == name.len);
    sql_fingerprint(sql);
    struct bytes first, second;
    sql_parse_prepare(sql, &first, &second);
    sql_parse_execute(sql, &first);
    sql_parse_deallocate(sql, &first);
    while (sql_next_statement(&sql, &first))
        CHECK(first.len > 0);
    buf_free(&out);
    buf_free(&name);
}

/* Each cut is a block of its own, so that a sanitizer sees reads behind its end. */
static void test_cuts(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        for (size_t n = 0; n <= strlen(samples[i]); n++) {
            char *copy = malloc(n ? n : 1);
            if (!copy)
                abort();
            memcpy(copy, samples[i], n);
            check_cut((struct bytes){copy, n});
            free(copy);
        }
    }
    check_cut((struct bytes){NULL, 0});
}

static void test_nul(void)
{
    struct buf out = {0};
    sql_obfuscate(BYTES("SELECT\0 'a\0b', \0 1"), false, false, &out);
    CHECK(bytes_equal((struct bytes){out.data, out.len}, BYTES("SELECT\0 ?, \0 ?")));
    buf_free(&out);
}

/* Many openings that never end must not each search the whole rest. */
static void test_linear(void)
{
    static const char *const units[] = {"$a$ ", "$", "(", "/*", "[", "\"", "$a", "E'",
        "VALUES (1),(", "IN (1,", "1$", "'\\", ",", "a;", "`", "PREPARE a AS "};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        struct buf sql = {0}, out = {0};
        for (int tag = 0; tag < 200000; tag++)
            i ? buf_puts(&sql, units[i]) : buf_printf(&sql, "$a%d$ ", tag);
        struct bytes b = {sql.data, sql.len}, name, body;
        sql_obfuscate(b, false, false, &out);
        sql_signature(b, &out);
        sql_parse_prepare(b, &name, &body);
        struct sql_scanner scanner = {.rest = b};
        struct sql_token token;
        while (sql_token_next(&scanner, &token))
            ;
        CHECK(out.len <= 4 * sql.len);
        buf_free(&sql);
        buf_free(&out);
    }
}

/* As the forwarder does, of what has one reading only. */
static void check_signature(const char *sql, const char *expected)
{
    struct buf out = {0};
    sql_signature((struct bytes){sql, lex_certain(bytes_of(sql), false)}, &out);
    CHECK_STR(out.data, expected);
    buf_free(&out);
}

static void test_signature(void)
{
    check_signature("", "");
    check_signature("-- only a comment", "");
    check_signature("'secret'", "");
    check_signature("/* x */ select * from a.b where c = 1", "SELECT FROM a.b");
    check_signature("SELECT 'C:\\', ' FROM secret '", "SELECT");
    check_signature("SELECT ARRAY[']', ' FROM secret ']", "SELECT");
    check_signature("SELECT a // ' FROM b\n , ' FROM secret '", "SELECT");
    check_signature("E'secret'", "");
    check_signature("(select a from b) union (select c from d)", "SELECT FROM b");
    check_signature("begin;", "BEGIN");
    check_signature("UPDATE /* c */ foo /* d */ SET a = 1", "UPDATE foo");
    check_signature("UPDATE ONLY foo . bar b SET a = 1", "UPDATE foo.bar");
    check_signature("UPDATE foo", "UPDATE");
    check_signature("REPLACE INTO t VALUES (1)", "REPLACE INTO t");
    check_signature("DELETE FROM foo.", "DELETE FROM foo");
    check_signature("with x as (select 1) select 2", "WITH");
    check_signature("truncate table t", "TRUNCATE");
}

/* tests/sql has many more, which need PostgreSQL's parser. */
static void test_first_table(void)
{
    static const char *const cases[][2] = {
        {"UPDATE t a SET b = 1", "UPDATE t"},
        {"UPDATE set SET a = 1", "UPDATE set"},
        {"UPDATE LOW_PRIORITY IGNORE a.b SET c = 1", "UPDATE a.b"},
        {"DELETE FROM ONLY (t)", "DELETE FROM t"},
        {"SELECT a FROM ONLY t", "SELECT FROM t"},
        {"SELECT a IS DISTINCT FROM b FROM t", "SELECT FROM t"},
        {"SELECT a IS DISTINCT FROM b", "SELECT"},
        {"SELECT a FROM ((t JOIN b ON c) JOIN d ON e)", "SELECT FROM t"},
        {"SELECT a FROM (values JOIN b ON c)", "SELECT FROM values"},
        {"SELECT a FROM (VALUES (1)) v", "SELECT"},
        {"SELECT a FROM LATERAL s.f(1)", "SELECT FROM s.f"},
        {"SELECT a FROM ROWS FROM (f(1), g(2))", "SELECT FROM f"},
        {"SELECT a FROM rows", "SELECT FROM rows"},
        {"SELECT a[b[1]] FROM t", "SELECT FROM t"},
        {"SELECT a AS from, b.from FROM t", "SELECT FROM t"},
        {"(SELECT 1) UNION ALL (SELECT a FROM t)", "SELECT FROM t"},
        {"SELECT ALL (SELECT a FROM t)", "SELECT"},
        {"CALL s.p()", "CALL s.p"},
        {"SELECT a FROM s.\"b\"\"c\"", "SELECT FROM s.b\"c"},
        {"SELECT a FROM U&\"d\\0061t\\\\\" . b", "SELECT FROM dat\\.b"},
        {"SELECT a FROM U&\"!+01F600!D83D!DE00!D83D\" UESCAPE '!'.b",
            "SELECT FROM \xf0\x9f\x98\x80\xf0\x9f\x98\x80!D83D.b"},
        {"SELECT a FROM u & b", "SELECT FROM u"},
        {"SELECT a FROM [b]]c", "SELECT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_signature(cases[i][0], cases[i][1]);
}

static uint64_t fingerprint(const char *sql)
{
    return sql_fingerprint(bytes_of(sql));
}

static void test_fingerprint(void)
{
    uint64_t plain = fingerprint("SELECT a FROM t WHERE b = ?");
    CHECK(plain == fingerprint("select  A\nfrom T /* x */ where b=? ;"));
    CHECK(plain != fingerprint("SELECT a FROM \"T\" WHERE b = ?"));
    CHECK(fingerprint("\"a\"") != fingerprint("\"A\""));
    CHECK(fingerprint("a b") != fingerprint("ab"));
    CHECK(fingerprint("$1") != fingerprint("$2"));
    /* People store these: a new value is a breaking change. */
    CHECK(plain == 0x58c90a3a573598bu);
    CHECK(fingerprint("") == 0xcbf29ce484222325u);
}

static void check_name(const char *written, const char *expected)
{
    struct buf out = {0};
    sql_fold_name(bytes_of(written), &out);
    CHECK_STR(out.data, expected);
    buf_free(&out);
}

static void test_prepare(void)
{
    struct bytes name = {0}, body = {0};
    CHECK(sql_parse_prepare(BYTES("prepare Foo as SELECT 1"), &name, &body));
    CHECK(bytes_equal(name, BYTES("Foo")) && bytes_equal(body, BYTES("SELECT 1")));
    CHECK(sql_parse_prepare(
        BYTES("/* x */ PREPARE \"a \"\"b\" (int, numeric(3,1)) AS\n SELECT ';' ; SELECT 2"), &name,
        &body));
    CHECK(bytes_equal(name, BYTES("\"a \"\"b\"")) && bytes_equal(body, BYTES("SELECT ';'")));
    CHECK(sql_parse_prepare(BYTES("PREPARE a AS "), &name, &body) && body.len == 0);
    CHECK(!sql_parse_prepare(BYTES("PREPARE TRANSACTION 'x'"), &name, &body));
    CHECK(!sql_parse_prepare(BYTES("PREPARE a (int"), &name, &body));
    CHECK(!sql_parse_prepare(BYTES("PREPARE"), &name, &body));
    CHECK(!sql_parse_prepare(BYTES("SELECT 1"), &name, &body));
}

static void test_execute(void)
{
    struct bytes name = {0};
    CHECK(sql_parse_execute(BYTES("-- x\nEXECUTE foo(1, 'a')"), &name));
    CHECK(bytes_equal(name, BYTES("foo")));
    CHECK(sql_parse_execute(BYTES("execute \"B\";"), &name) && bytes_equal(name, BYTES("\"B\"")));
    CHECK(!sql_parse_execute(BYTES("EXECUTE"), &name));
    CHECK(!sql_parse_execute(BYTES("EXECUTE foo bar"), &name));
    CHECK(sql_parse_deallocate(BYTES("DEALLOCATE prepare foo ;"), &name));
    CHECK(bytes_equal(name, BYTES("foo")));
    CHECK(sql_parse_deallocate(BYTES("DEALLOCATE prepare"), &name));
    CHECK(bytes_equal(name, BYTES("prepare")));
    CHECK(sql_parse_deallocate(BYTES("deallocate ALL"), &name) && name.len == 0);
    CHECK(sql_parse_deallocate(BYTES("deallocate \"all\""), &name) && name.len == 5);
    CHECK(!sql_parse_deallocate(BYTES("DEALLOCATE"), &name));
    CHECK(!sql_parse_deallocate(BYTES("DEALLOCATE a b"), &name));
    check_name("FooÉ", "fooÉ");
    check_name("\"Foo \"\"x\"", "Foo \"x");
    check_name("a1234567890123456789012345678901234567890123456789012345678901234567890",
        "a12345678901234567890123456789012345678901234567890123456789012");
    check_name("", "");
}

static void test_statements(void)
{
    struct bytes rest = BYTES(";; /* a */ BEGIN ; CREATE RULE r AS ON INSERT TO t DO (a; b);\n"
                              "SELECT ';' -- c\n; -- end");
    struct bytes one;
    CHECK(sql_next_statement(&rest, &one) && bytes_equal(one, BYTES("/* a */ BEGIN")));
    CHECK(sql_next_statement(&rest, &one));
    CHECK(bytes_equal(one, BYTES("CREATE RULE r AS ON INSERT TO t DO (a; b)")));
    CHECK(sql_next_statement(&rest, &one) && bytes_equal(one, BYTES("SELECT ';' -- c")));
    CHECK(!sql_next_statement(&rest, &one));
    rest = BYTES("/* empty */; CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN b END; "
                 "SELECT 1 AS end; END; CREATE VIEW v AS SELECT begin atomic; SELECT 1");
    CHECK(sql_next_statement(&rest, &one));
    CHECK(bytes_equal(one, BYTES("CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN a THEN b END; "
                                 "SELECT 1 AS end; END")));
    CHECK(sql_next_statement(&rest, &one));
    CHECK(bytes_equal(one, BYTES("CREATE VIEW v AS SELECT begin atomic")));
    CHECK(sql_next_statement(&rest, &one) && bytes_equal(one, BYTES("SELECT 1")));
}

int main(void)
{
    test_strings();
    test_numbers();
    test_constants();
    test_comments();
    test_shown_comments();
    test_doubtful();
    test_cut_off();
    test_verbs();
    test_misquoted();
    test_messages();
    test_ambiguous();
    test_lists();
    test_rows();
    test_cuts();
    test_nul();
    test_linear();
    test_signature();
    test_first_table();
    test_fingerprint();
    test_prepare();
    test_execute();
    test_statements();
    return check_result();
}
