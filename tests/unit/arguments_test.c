/* Command lines as people write them: no secret of theirs is shown, and what is harmless stays. An
 * argument ends with '|'. */
#include <stdlib.h>

#include "base/buf.h"
#include "check.h"
#include "command/hiding.h"
#include "program.h"

static struct bytes block_of(struct buf *b, const char *line)
{
    buf_clear(b);
    for (const char *c = line; *c; c++)
        buf_putc(b, *c == '|' ? '\0' : *c);
    buf_putc(b, '\0');
    return (struct bytes){b->data, b->len};
}

static char *shown(const char *line)
{
    struct arena arena = {0};
    struct buf block = {0}, out = {0};
    struct bytes argv = block_of(&block, line);
    const char *exe = arena_printf(&arena, "/usr/bin/%s", argv.data);
    struct shown_arguments arguments = arguments_without_secrets(&arena, exe, argv, NULL);
    buf_add(&out, "", 0);
    for (size_t i = 0; i < arguments.count; i++) {
        buf_puts(&out, i ? "|" : "");
        buf_puts(&out, arguments.items[i]);
    }
    buf_free(&block);
    arena_free(&arena);
    return buf_take(&out);
}

static void check_name(const char *line, const char *expected)
{
    struct arena arena = {0};
    struct buf block = {0};
    struct bytes argv = block_of(&block, line);
    const char *exe = arena_printf(&arena, "/usr/bin/%s", argv.data);
    CHECK_STR(program_of(&arena, exe, argv).name, expected);
    buf_free(&block);
    arena_free(&arena);
}

static const char *const secret[] = {
    /* code and statements */
    "psql|-tAc|select 'S3CRET'",
    "psql|-cselect 'S3CRET'",
    "psql|-XAtqcselect 'S3CRET'",
    "psql|-c|S3CRET",
    "psql|--command|S3CRET",
    "psql|--command=S3CRET x",
    "psql|-d|x|-c|S3CRET",
    "psql|-v|a=b|-tAc|S3CRET|x",
    "perl|-MDBI|-le|print 'S3CRET'",
    "perl|-MDBI|-leprint 'S3CRET'",
    "perl|-lne|S3CRET|file",
    "perl|-F:|-ane|S3CRET",
    "perl|-i.bak|-pe|s/S3CRET/x/",
    "perl|-e|1|-e|S3CRET",
    "perl|-E|S3CRET",
    "bash|-euc|S3CRET",
    "bash|-eo|pipefail|-c|S3CRET",
    "bash|-euo|pipefail|-c|S3CRET|name|arg",
    "bash|-c|-x|S3CRET",
    "bash|-ce|S3CRET",
    "sh|-c|S3CRET",
    "dash|-xc|S3CRET",
    "zsh|-ic|S3CRET",
    "php|-r|S3CRET",
    "php|-d|a=b|-r|S3CRET",
    "php|-rS3CRET;",
    "php|--run|S3CRET",
    "ruby|-e|S3CRET",
    "ruby|-rjson|-e|S3CRET",
    "ruby|-ne|S3CRET",
    "python|-Bc|S3CRET",
    "python3|-X|dev|-c|S3CRET",
    "python3.11|-cS3CRET = 1",
    "node|-e|S3CRET",
    "node|-pe|S3CRET",
    "node|--eval=S3CRET",
    "node|--input-type=module|-e|S3CRET",
    "node|--print|S3CRET",
    "deno|eval|S3CRET",
    "lua|-e|S3CRET",
    "Rscript|-e|S3CRET",
    "mysql|-e|S3CRET",
    "mysql|--execute=S3CRET",
    "mysql|-pS3CRET",
    "mysql|-u|root|-pS3CRET|db",
    "mysql|-uroot|-pS3CRET",
    "sqlite3|db|select S3CRET",
    "sqlite3|-cmd|S3CRET|db",
    "mongosh|--eval|S3CRET",
    "mongosh|-pS3CRET",
    "redis-cli|AUTH|S3CRET",
    "redis-cli|-a|S3CRET",
    "redis-cli|-h|x|SET|k|S3CRET",
    "awk|{print \"S3CRET\"}|f",
    "awk|-F:|S3CRET {}",
    "awk|-f|x.awk|-v|token=S3CRET",
    "sed|-e|s/S3CRET/x/",
    "sed|s/S3CRET/x/|f",
    "jq|.S3CRET|f",
    "ssh|host|echo|S3CRET",
    "su|-c|S3CRET|anna",
    "su|-|anna|-c|S3CRET",
    "sshpass|-p|S3CRET|ssh|h",
    "sshpass|-pS3CRET|ssh|h",
    "env|PGPASSWORD=S3CRET|psql|-c|x",
    "env|A=b|psql|-c|S3CRET",
    "env|-i|perl|-e|S3CRET",
    "sudo|-u|anna|psql|-c|S3CRET",
    "sudo|PGPASSWORD=S3CRET|psql",
    "timeout|5|psql|-c|S3CRET",
    "timeout|-k|1|5|bash|-c|S3CRET",
    "nice|-n|5|perl|-e|S3CRET",
    "nohup|bash|-c|S3CRET",
    "strace|-f|-o|x|sh|-c|S3CRET",
    "xargs|-n|1|sh|-c|S3CRET",
    "watch|S3CRET",
    "curl|-u|anna:S3CRET|http://x",
    "curl|-uanna:S3CRET",
    "curl|-d|S3CRET|http://x",
    "curl|-b|a=S3CRET",
    "unknown|-c|select S3CRET",
    "unknown|-e|S3CRET S3CRET",
    "unknown|--query=select S3CRET",
    "unknown|--sql|update S3CRET",
    "unknown|select 'S3CRET'",
    "unknown|  insert into t values (S3CRET)",
    /* names */
    "x|password=S3CRET",
    "x|password = S3CRET",
    "x|PASSWORD = 'S3CRET'",
    "x|host=db password='a b\\'S3CRET' user=x",
    "x|host=db password=a\\ S3CRET",
    "x|--password|S3CRET",
    "x|--password|-S3CRET",
    "x|--password=S3CRET",
    "x|--opt-pass=a b S3CRET",
    "x|--db-password|S3CRET",
    "x|-password|S3CRET",
    "x|--passphrase|S3CRET",
    "x|--passphrase=S3CRET S3CRET",
    "x|DB_PASS=S3CRET",
    "x|MYSQL_PWD=S3CRET",
    "x|-v|api_key=S3CRET",
    "x|-e|TOKEN=S3CRET",
    "x|--env=TOKEN=S3CRET",
    "x|--set|password=S3CRET",
    "x|/password:S3CRET",
    "x|/pwd=S3CRET",
    "x|-Dspring.datasource.password=S3CRET",
    "x|-Djavax.net.ssl.keyStorePassword=S3CRET",
    "x|-Dapi.key=S3CRET",
    "x|--secret|S3CRET",
    "x|--client-secret=S3CRET",
    "x|--clientSecret=S3CRET",
    "x|--token|S3CRET",
    "x|--access-token=S3CRET",
    "x|--apiKey|S3CRET",
    "x|--API_KEY=S3CRET",
    "x|--private-key|S3CRET",
    "x|AccountName=a;AccountKey=S3CRET;EndpointSuffix=b",
    "x|Endpoint=sb://a/;SharedAccessKey=S3CRET",
    "x|server=a;uid=b;pwd=S3CRET;",
    "x|password: S3CRET",
    "x|-H|Authorization: Bearer S3CRET",
    "x|-H|X-Api-Key: S3CRET",
    "x|-HX-Api-Key: S3CRET",
    "x|--header=Cookie: a=S3CRET",
    "x|Bearer S3CRET4711",
    "x|-u|anna:S3CRET",
    "x|-uanna:S3CRET",
    "x|--user|anna:S3CRET",
    "x|--user=anna:S3CRET",
    "x|--proxy-user|anna:S3CRET",
    "x|--userpwd|S3CRET",
    "x|-U|anna%S3CRET",
    "x|{\"password\":\"S3CRET\"}",
    "x|{\"a\":{\"password\": \"S3 CRET S3CRET\"},\"b\":2}",
    "x|{'token': 'S3CRET'}",
    "x|{\\\"password\\\":\\\"S3CRET\\\"}",
    "x|--config={\"db\":{\"pass\":\"S3CRET\"}}",
    "x|a: 1, password: S3CRET",
    "x|-passin|pass:S3CRET",
    "x|pass:S3CRET",
    "x|--sig|S3CRET",
    "x|--cookie|S3CRET",
    "x|--salt=S3CRET",
    /* URLs */
    "x|postgresql://u:S3CRET@h/db",
    "x|postgresql://u:S3CRET@h1,u2:S3CRET@h2/db",
    "x|http://a:S3CRET@x@h/y",
    "x|http://a:S3CRET/x@h/y",
    "x|http://a:S3CRET?x@h/y",
    "x|http://a:S3CRET#x@h/y",
    "x|http://S3CRET@h/",
    "x|http://a:S3CRET@h1,http://b:S3CRET@h2",
    "x|http://a:S3CRET@h1 http://b:S3CRET@h2",
    "x|--url=redis://:S3CRET@h:1/0",
    "x|jdbc:postgresql://h/db?user=a&password=S3CRET",
    "x|jdbc:mysql://u:S3CRET@h/db",
    "x|amqp://u:S3CRET%40x@h//",
    "x|https://x/y?token=S3CRET&page=2",
    "x|https://x/y?page=2&sig=S3CRET",
    "x|http%3A%2F%2Fa%3AS3CRET%40h",
    "x|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJTM0NSRVQifQ.S3CRETabcdefgh",
    "x|-----BEGIN PRIVATE KEY-----\nS3CRET\n-----END PRIVATE KEY-----",
};

static const char *const harmless[] = {
    "gunicorn|-w|4|-b|127.0.0.1:8000|shop.wsgi",
    "gunicorn|--workers=4|--chdir|/srv/shop|shop.wsgi:application",
    "uwsgi|--socket|/run/x.sock|--processes|4|--master",
    "nginx|-g|daemon off;",
    "nginx|-c|/etc/nginx/nginx.conf",
    "node|server.js|--port|3000",
    "node|--max-old-space-size=4096|dist/main.js",
    "java|-Xmx2g|-jar|app.jar|--server.port=8080",
    "php-fpm|--nodaemonize|--fpm-config|/etc/php/fpm.conf",
    "python3|-m|http.server|8000",
    "python3|manage.py|runserver|0:8000",
    "postgres|-D|/var/lib/postgresql/data|-c|max_connections=200",
    "redis-server|*:6379",
    "ruby|bin/rails|server|-p|3000",
    "daemon|-k|start|-p|8080|-u|www-data",
    "daemon|--password-file|/etc/x",
    "daemon|--secret-path=/etc/x.pem",
    "bash|/srv/run.sh|--level|3",
    "perl|-T|/srv/x.pl|-c|conf",
    "psql|-h|db|-U|anna|-d|shop|-f|/srv/x.sql",
    "psql|-l",
    "apache2|-D|FOREGROUND",
    "java|-Dfile.encoding=UTF-8|-cp|a.jar:b.jar|Main",
    "x|--listen=http://0.0.0.0:80/a?b=c",
    "x|-I|/usr/include|a.c|-O2",
    "celery|-A|shop|worker|--concurrency=4|-Q|mail,bills",
    "x|--exclude=*.o|it's",
    "timeout|5|sleep|4",
    "env|LANG=C|TZ=UTC|x|-y",
    "awk|-f|prog.awk|file",
    "sed|-f|script.sed|file",
};

static void test_secrets(void)
{
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++) {
        char *line = shown(secret[i]);
        bool hidden = !strstr(line, "S3CRET") && strstr(line, "[REDACTED]");
        CHECK(hidden);
        if (!hidden)
            fprintf(stderr, "%s\n => %s\n", secret[i], line);
        free(line);
    }
}

static void test_harmless(void)
{
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
        char *line = shown(harmless[i]);
        CHECK_STR(line, harmless[i]);
        free(line);
    }
}

static void check_shown(const char *line, const char *expected)
{
    char *kept = shown(line);
    CHECK_STR(kept, expected);
    free(kept);
}

/* What stands around a secret stays. */
static void test_rest(void)
{
    check_shown("psql|-h|db|-tAcselect 1|shop", "psql|-h|db|-tAc[REDACTED]|shop");
    check_shown("bash|-c|x y|name|--port=1", "bash|-c|[REDACTED]|name|--port=1");
    check_shown("x|--password=a|--port=1", "x|--password=[REDACTED]|--port=1");
    check_shown("x|postgresql://u:p@h:1/db", "x|postgresql://[REDACTED]@h:1/db");
    check_shown("curl|-u|a:b|http://x/", "curl|-u|[REDACTED]|http://x/");
    check_shown(
        "postgres: anna shop 10.0.0.1(5432) SELECT", "postgres: anna shop 10.0.0.1(5432) SELECT");
    check_shown("select 'S3CRET'", "[REDACTED]");
}

/* The last argument goes on where the block ended, nobody knows how. */
static void test_cut(void)
{
    struct arena arena = {0};
    static const char block[] = "x\0--url\0http://anna:S3CRE";
    struct shown_arguments kept = arguments_without_secrets(
        &arena, "/usr/bin/x", (struct bytes){block, sizeof block - 1}, NULL);
    CHECK(kept.count == 3);
    CHECK_STR(kept.items[2], "[REDACTED]");
    kept = arguments_without_secrets(&arena, NULL, (struct bytes){"", 0}, NULL);
    CHECK(kept.count == 0);
    arena_free(&arena);
}

static void test_names(void)
{
    check_name("perl|-e|print 1", "perl");
    check_name("perl|-lne|print|file.txt", "perl");
    check_name("perl|-MDBI|-le|S3CRET|file", "perl");
    check_name("perl|-i.bak|-pe|S3CRET|file", "perl");
    check_name("perl|-F:|-ane|S3CRET|file", "perl");
    check_name("perl|-w|/srv/import.pl", "import");
    check_name("ruby|-ne|S3CRET", "ruby");
    check_name("ruby|-rjson|-e|S3CRET", "ruby");
    check_name("php|-d|x=y|-r|S3CRET", "php");
    check_name("bash|-euc|S3CRET|x", "bash");
    check_name("bash|-eo|pipefail|-c|S3CRET", "bash");
    check_name("bash|-c|-x|S3CRET", "bash");
    check_name("sh|-s|arg", "arg"); /* as it cannot be told from a script */
    check_name("python3|-Bc|S3CRET|x", "python");
    check_name("python3|-X|dev|-c|S3CRET", "python");
    check_name("python3|-|x", "python");
    check_name("python3|-m|shop.web", "shop.web");
    check_name("python3|/srv/shop/manage.py|runserver", "manage");
    check_name("python3|/srv/shop/__main__.py", "shop");
    check_name("node|--input-type=module|-e|S3CRET", "node");
    check_name("node|--eval=S3CRET", "node");
    check_name("node|-pe|S3CRET", "node");
    check_name("node|server.js", "server");
    check_name("bash|print S3CRET", "bash");
    check_name("bash|a;b", "bash");
    check_name("psql|-c|S3CRET", "psql");
    check_name("env|perl|-e|S3CRET", "env");
}

int main(void)
{
    test_secrets();
    test_harmless();
    test_rest();
    test_cut();
    test_names();
    return check_result();
}
