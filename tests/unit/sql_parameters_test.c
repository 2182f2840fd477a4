/* Which column a parameter is for, and text in other encodings. */
#include "check.h"
#include "sql/encoding.h"
#include "sql/parameters.h"

#include <stdlib.h>

enum { SHOWN = 4 };

static void check_columns(const char *sql, const char *expected)
{
    struct bytes columns[SHOWN];
    bool plain[SHOWN];
    char text[256] = "";
    sql_parameter_columns(bytes_of(sql), columns, plain, SHOWN);
    for (int i = 0; i < SHOWN; i++) {
        strncat(text, i ? "," : "", 2);
        strncat(text, columns[i].len ? columns[i].data : "", columns[i].len);
    }
    CHECK_STR(text, expected);
}

static void test_columns(void)
{
    check_columns("select a from t where name = $1 and t.password <> $2", "name,password,,");
    check_columns("select a from t where $1 = name and $2 < \"Pass word\"", "name,Pass word,,");
    check_columns("insert into t (a, b, c) values ($1, now(), $2), ($3, $4, 1)", "a,c,a,b");
    check_columns(
        "insert into s.t as x (a, pw) values (lower($1), crypt($2, gen_salt('bf')))", "a,pw,,");
    check_columns("update t set a = $1, pw = crypt($2, 'x') where id in ($3, $4)", "a,pw,id,id");
    check_columns(
        "insert into t (a) values ($1) on conflict (a) do update set token = $2", "a,token,,");
    check_columns("select 1 where lower(email) = lower($1) limit $2", "email,limit,,");
    check_columns("select $1, $2", ",,,");
    check_columns("select a from t where a between $1 and $2", "a,,,");
    check_columns("insert into t (a, password) select $1::text, $2::text", ",,,");
    check_columns("update t set (a, password) = row($1::text, $2)", ",,,");
    check_columns("update t set (password, a) = ($1, $2)", ",,,");
    check_columns("select f(password, $1), g($2), password || $3", ",,password,");
    check_columns("with n(a, pw) as (values ($1::text, $2::text)) select 1", ",,,");
    check_columns("merge into t using (values ($1::text, $2)) s(pw, a) on t.a = s.a", ",,,");
    check_columns("insert into t (a, pw) (values ($1::text, $2::text))", "a,pw,,");
    check_columns("select 1 from t where pw = any (array[$1, $2]) and a::text = $3", "pw,pw,a,");
    check_columns("select $1 as a, $2 b, $3::c, a $4", ",,,");
    check_columns("select 1 where (a, pw) in (($1, $2)) or s.pw = s.f($3, $4)", ",,pw,");
    check_columns("select 1 where coalesce(pw, a) = $1 and t.pw = t.a and $2 = t.pw", ",pw,,");
    check_columns("where $99999999999999999999 = a and $0 = b and \"", ",,,");
}

/* Of which parameters there is no doubt, as digits. */
static void check_plain(const char *sql, const char *expected)
{
    struct bytes columns[SHOWN];
    bool plain[SHOWN];
    char text[SHOWN + 1] = "";
    sql_parameter_columns(bytes_of(sql), columns, plain, SHOWN);
    for (int i = 0, n = 0; i < SHOWN; i++)
        if (plain[i])
            text[n++] = (char)('1' + i);
    CHECK_STR(text, expected);
}

static void test_plain(void)
{
    check_plain("insert into t (a, pw) values ($1, $2)", "12");
    check_plain("insert into t (a, pw) values ($1::text, f($2))", "1");
    check_plain("insert into t (tags, a, pw) values (array[$1, $2], $3, $4)", "34");
    check_plain("insert into t (data.city, pw) values ($1, $2)", "12");
    check_plain("select 1 from t where a = $1 and t.pw <> $2 limit $3", "123");
    check_plain("update t set a = $1, pw = $2 where id in ($3, $4)", "1234");
    check_plain("select 1 where md5($2 || a) = pw and pw = md5(a || $1)", "");
    check_plain("update t set pw = a || $1, b = $2 || c", "");
    check_plain("select 1 where pw || a = $1 and $2 = a || pw and $3 = md5(pw)", "");
    check_plain("select 1 where pw collate \"C\" = $1 and pw::varchar = $2", "");
    check_plain("select 1 where cast(pw as text) = $1 and substring(pw from 1 for 8) = $2", "");
    check_plain("select 1 where data->>'pw' = $1 and f(a => $2)", "");
    check_plain("insert into t (a) values ($1) on conflict (a) do update set pw = md5($2)", "1");
    check_plain("insert into t (a) values ($1) on conflict (a) do update set pw = ($2)", "12");
}

static void check_text(const char *text, int encoding, const char *expected)
{
    char *converted = sql_to_utf8(bytes_of(text), encoding);
    CHECK_STR(converted, expected);
    free(converted);
}

static void test_encodings(void)
{
    check_text("caf\xe9", 8, "café"); /* LATIN1 */
    check_text("\x95\\'", 35, "表'"); /* SJIS */
    check_text("plain", 35, "plain");
    check_text("caf\xe9", 6, "caf\xe9"); /* UTF8: left to the encoder */
    check_text("caf\xe9", -1, "caf\xe9");
    check_text("caf\xe9", 4000, "caf\xe9");
    check_text("ab\x95", 35, "ab"); /* cut off */
    check_text("a\xff\xff"
               "b",
        37,
        "a\xef\xbf\xbd\xef\xbf\xbd"
        "b"); /* GBK, wrong */
    CHECK(sql_encoding_of(bytes_of("UTF8")) == 6);
    CHECK(sql_encoding_of(bytes_of("latin1")) == 8);
    CHECK(sql_encoding_of(bytes_of("SHIFT_JIS_2004")) == 41);
    CHECK(sql_encoding_of(bytes_of("klingon")) == -1);
}

int main(void)
{
    test_columns();
    test_plain();
    test_encodings();
    return check_result();
}
