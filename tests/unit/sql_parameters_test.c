/* Which column a parameter is for, and text in other encodings. */
#include "check.h"
#include "sql/encoding.h"
#include "sql/parameters.h"

#include <stdlib.h>

enum { SHOWN = 4 };

static void check_columns(const char *sql, const char *expected)
{
    struct bytes columns[SHOWN];
    char text[256] = "";
    sql_parameter_columns(bytes_of(sql), columns, SHOWN);
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
    check_columns("select 1 where lower(email) = lower($1) limit $2", "email,,,");
    check_columns("select $1, $2", ",,,");
    check_columns("select a from t where a between $1 and $2", "a,,,");
    check_columns("where $99999999999999999999 = a and $0 = b and \"", ",,,");
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
    test_encodings();
    return check_result();
}
