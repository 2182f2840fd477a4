/* What of a command line is told, and what a program is called by it. */
#include "command/redact.h"

#include <stdlib.h>

#include "base/buf.h"
#include "check.h"
#include "program.h"

#define SECRET "S3CRET"

enum { WORDS_MAX = 12 };

struct line {
    const char *argv[WORDS_MAX];
};

struct told {
    const char *argv[WORDS_MAX], *told; /* each argument ended by '|'; exe: argv[0] */
};

struct called {
    const char *argv[WORDS_MAX], *name;
};

static struct buf block_of(const char *const *argv)
{
    struct buf block = {0};
    for (size_t i = 0; i < WORDS_MAX && argv[i]; i++)
        buf_add(&block, argv[i], strlen(argv[i]) + 1);
    return block;
}

static const char *told_of(struct arena *arena, const char *exe, struct bytes block)
{
    const char *out[WORDS_MAX];
    struct buf told = {0};
    size_t count = redact_arguments(arena, exe, block, out, WORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&told, out[i]);
        buf_putc(&told, '|');
    }
    const char *result = arena_bytes(arena, (struct bytes){told.data, told.len});
    buf_free(&told);
    return result;
}

static const char *told(struct arena *arena, const char *exe, const char *const *argv)
{
    struct buf block = block_of(argv);
    const char *result = told_of(arena, exe, (struct bytes){block.data, block.len});
    buf_free(&block);
    return result;
}

/* The marker is in each of them, and in nothing that is told. */
static const struct line private_lines[] = {
#include "redact_lines.h"
};

static void test_private(void)
{
    for (size_t i = 0; i < sizeof private_lines / sizeof *private_lines; i++) {
        struct arena arena = {0};
        const char *const *argv = private_lines[i].argv;
        struct buf block = block_of(argv);
        struct bytes bytes = {block.data, block.len};
        CHECK(memmem(block.data, block.len, SECRET, 6) || memmem(block.data, block.len, "53", 2));
        const char *by_file = told_of(&arena, argv[0], bytes),
                   *by_call = told_of(&arena, NULL, bytes);
        CHECK(
            !strstr(by_file, "S3C") && !strstr(by_file, "3CRET") && strstr(by_file, "[REDACTED]"));
        CHECK(!strstr(by_call, "S3C") && !strstr(by_call, "3CRET"));
        if (strstr(by_file, "S3C") || strstr(by_file, "3CRET") || !strstr(by_file, "[REDACTED]"))
            fprintf(stderr, "    line %zu: %s\n", i, by_file);
        struct program program = program_of(&arena, strchr(argv[0], ' ') ? NULL : argv[0], bytes);
        CHECK(!strstr(program.name, "S3C") && !strstr(program.name, "3CRET"));
        buf_free(&block);
        arena_free(&arena);
    }
}

static const struct told harmless[] = {
    {{"/usr/bin/gunicorn", "-w", "4", "-b", "127.0.0.1:8000", "shop.wsgi"}, NULL},
    {{"/usr/bin/python3.11", "/usr/bin/gunicorn", "-w", "4", "-b", "127.0.0.1:8000", "shop.wsgi"},
        NULL},
    {{"gunicorn: master [shop.wsgi]"}, NULL},
    {{"gunicorn", "--bind=unix:/run/shop.sock", "--certfile=/etc/x.pem", "--keyfile=/etc/k.pem"},
        NULL},
    {{"gunicorn", "-k", "uvicorn.workers.UvicornWorker", "--access-logfile", "-", "shop:app"},
        NULL},
    {{"uwsgi", "--ini", "/etc/uwsgi.ini:prod", "--http", ":8080", "--processes", "4"}, NULL},
    {{"uwsgi", "-s", "/tmp/x.sock", "--wsgi-file", "app.py", "--uid", "www-data"}, NULL},
    {{"uvicorn", "shop.main:app", "--host", "0.0.0.0", "--port", "8000", "--workers", "2"}, NULL},
    {{"nginx", "-g", "daemon off;"}, NULL},
    {{"nginx", "-g", "daemon off; master_process off;", "-c", "/etc/nginx/nginx.conf"}, NULL},
    {{"nginx", "-p", "prefix/", "-e", "stderr"}, NULL},
    {{"nginx: master process /usr/sbin/nginx -g daemon off;"}, NULL},
    {{"nginx: worker process"}, NULL},
    {{"node", "server.js", "--port", "3000"}, NULL},
    {{"node", "--max-old-space-size=4096", "--require", "./trace.js", "/srv/app/index.js"}, NULL},
    {{"/usr/bin/node", "--inspect=0.0.0.0:9229", "dist/main"}, NULL},
    {{"java", "-Xmx2g", "-jar", "app.jar"}, NULL},
    {{"java", "-cp", "/srv/lib/a.jar:/srv/lib/b.jar", "-Dspring.profiles.active=prod",
         "com.shop.Main"},
        NULL},
    {{"java", "-Djavax.net.ssl.trustStore=/etc/x.jks", "-XX:+UseG1GC", "-jar", "/srv/app.jar"},
        NULL},
    {{"php-fpm: pool www"}, NULL},
    {{"php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"}, NULL},
    {{"php8.2", "-S", "0.0.0.0:8000", "-t", "public"}, NULL},
    {{"php", "-d", "memory_limit=1G", "artisan", "queue:work", "--tries=3"}, NULL},
    {{"python", "-m", "http.server", "8000"}, NULL},
    {{"python3", "-u", "-X", "dev", "manage.py", "runserver", "0.0.0.0:8000"}, NULL},
    {{"postgres", "-D", "/var/lib/postgresql/data", "-c", "max_connections=200"}, NULL},
    {{"postgres", "-c", "log_line_prefix=%m [%p] ", "-c", "shared_preload_libraries=a, b"}, NULL},
    {{"postgres: checkpointer "}, NULL},
    {{"postgres: anna shop 10.0.0.1(5432) idle"}, NULL},
    {{"redis-server *:6379"}, NULL},
    {{"redis-server", "/etc/redis/redis.conf", "--port", "6379"}, NULL},
    {{"./daemon", "-k", "start", "-p", "8080", "-u", "www-data"}, NULL},
    {{"daemon", "--key-file", "/etc/x.pem", "--password-file=/run/secrets/pw", "--token-path",
         "./t"},
        NULL},
    {{"daemon", "--ssl-key-file=/etc/x.pem", "POSTGRES_PASSWORD_FILE=/run/secrets/pw"}, NULL},
    {{"daemon", "--keyboard=us", "--author", "anna", "--bypass", "x", "--keep-alive=5"}, NULL},
    {{"daemon", "--passive", "x", "--compass=north", "--passenger-count", "3", "--tokenizer", "x"},
        NULL},
    {{"memcached", "-m", "64", "-p", "11211", "-u", "memcache", "-l", "127.0.0.1"}, NULL},
    {{"haproxy", "-W", "-db", "-f", "/etc/haproxy.cfg", "-p", "/run/haproxy.pid"}, NULL},
    {{"etcd", "--listen-client-urls", "http://0.0.0.0:2379,http://127.0.0.1:4001",
         "--initial-cluster", "a=http://10.0.0.1:2380,b=http://10.0.0.2:2380"},
        NULL},
    {{"proxy", "--upstream", "http://[::1]:8080/x?y=1&z=2", "https://db/a@b"}, NULL},
    {{"proxy", "--db=postgresql://h1:5432,h2:5433/shop?sslmode=require"}, NULL},
    {{"celery", "-A", "shop", "worker", "-l", "info", "--concurrency=4", "-n", "w1@%h"}, NULL},
    {{"[celeryd: celery@host:MainProcess] -active- (worker)"}, NULL},
    {{"puma 5.6.4 (tcp://0.0.0.0:3000) [shop]"}, NULL},
    {{"unicorn master -c config.rb -E production -l 0.0.0.0:8080"}, NULL},
    {{"sidekiq 6.4 shop [0 of 5 busy]"}, NULL},
    {{"ruby", "bin/rails", "server", "-b", "0.0.0.0", "-p", "3000", "-e", "production"}, NULL},
    {{"perl", "-w", "-I", "lib", "/srv/app.psgi", "--listen", ":5000"}, NULL},
    {{"sh", "/srv/run.sh", "start"}, NULL},
    {{"bash", "-eu", "-o", "pipefail", "run.sh", "--all"}, NULL},
    {{"psql", "-h", "db", "-p", "5432", "-U", "anna", "-d", "shop", "-f", "/srv/x.sql"}, NULL},
    {{"psql", "host=db dbname=shop user=anna"}, NULL},
    {{"git", "clone", "git@github.com:x/y.git"}, NULL},
    {{"rsync", "-a", "anna@host:/srv/x", "/srv/y"}, NULL},
    {{"tool", "--url", "unix:@abstract", "--date", "2024-01-01T10:00:00Z"}, NULL},
    {{"tool", "100%", "%d%%", "50%25", "a+b", "", "--", "-"}, NULL},
    {{"server", "--config", "{\"port\": 80, \"host\": \"db\"}"}, NULL},
    {{"/opt/my app/server", "--name", "my shop"}, NULL},
    {{"dockerd", "-H", "fd://", "--containerd=/run/containerd/containerd.sock"}, NULL},
    {{"daemon", "--user", "1000:1000", "--group", "anna"}, NULL},
};

/* What stands around the secret stays. */
static const struct told around[] = {
    {{"psql", "-h", "db", "-tAc", "select 1", "shop"}, "psql|-h|db|-tAc|[REDACTED]|shop|"},
    {{"psql", "--command=select 1"}, "psql|--command=[REDACTED]|"},
    {{"psql", "-cselect"}, "psql|-c[REDACTED]|"},
    {{"x", "--password=a b", "-v"}, "x|--password=[REDACTED]|-v|"},
    {{"x", "--password", "a", "b"}, "x|--password|[REDACTED]|b|"},
    {{"x", "host=db password='a b\\'c' user=u"}, "x|host=db password=[REDACTED] user=u|"},
    {{"x", "host=db password = a user=u"}, "x|host=db password = [REDACTED] user=u|"},
    {{"x", "postgresql://u:p@db/x?sslmode=require"},
        "x|postgresql://[REDACTED]@db/x?sslmode=require|"},
    {{"x", "postgresql://u:p@h1,u2:p2@h2/x"}, "x|postgresql://[REDACTED]@h2/x|"},
    {{"x", "http://u:p@h1/a,http://u:p@h2/b"}, "x|http://[REDACTED]@h1/a,http://[REDACTED]@h2/b|"},
    {{"x", "https://h/x?token=a&next=b"}, "x|https://h/x?token=[REDACTED]&next=b|"},
    {{"x", "Server=db;Password=a;b;Database=shop;"},
        "x|Server=db;Password=[REDACTED];Database=shop;|"},
    {{"x", "{\"user\":\"u\",\"password\":\"a\\\"b\",\"host\":\"db\"}"},
        "x|{\"user\":\"u\",\"password\":[REDACTED],\"host\":\"db\"}|"},
    {{"x", "-H", "X-Api-Key: a"}, "x|-H|X-Api-Key: [REDACTED]|"},
    {{"x", "-u", "u:p", "-uu:p", "--user=u:p"}, "x|-u|[REDACTED]|-u[REDACTED]|--user=[REDACTED]|"},
    {{"env", "PGPASSWORD=a b", "psql", "-c", "x", "shop"},
        "env|PGPASSWORD=[REDACTED]|psql|-c|[REDACTED]|shop|"},
    {{"bash", "-euc", "code", "name", "arg"}, "bash|-euc|[REDACTED]|name|arg|"},
    {{"mysql", "-uroot", "-pa", "-h", "db"}, "mysql|-uroot|-p[REDACTED]|-h|db|"},
    {{"redis-cli", "-h", "db", "-a", "x", "GET", "k"},
        "redis-cli|-h|db|-a|[REDACTED]|GET|[REDACTED]|"},
    {{"sqlite3", "/srv/x.db", "x"}, "sqlite3|/srv/x.db|[REDACTED]|"},
    {{"postgres: anna shop 10.0.0.1(5432) --password x -v"},
        "postgres: anna shop 10.0.0.1(5432) --password [REDACTED] -v|"},
    {{"java", "-Dspring.datasource.password=x", "-jar", "a.jar"},
        "java|-Dspring.datasource.password=[REDACTED]|-jar|a.jar|"},
    {{"x", "--token", "--next", "a=b", "-c", "/etc/nginx.conf"},
        "x|--token|--next|a=b|-c|/etc/nginx.conf|"},
};

static void test_told(const struct told *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        struct buf same = {0};
        for (size_t k = 0; k < WORDS_MAX && lines[i].argv[k]; k++)
            buf_printf(&same, "%s|", lines[i].argv[k]);
        const char *expected = lines[i].told ? lines[i].told : same.data;
        CHECK_STR(told(&arena, lines[i].argv[0], lines[i].argv), expected);
        buf_free(&same);
        arena_free(&arena);
    }
}

static const struct called names[] = {
    {{"perl", "-e", "shop"}, "perl"},
    {{"perl", "-lne", "shop", "file"}, "perl"},
    {{"perl", "-MDBI", "-le", "shop", "file"}, "perl"},
    {{"perl", "-i.bak", "-pe", "shop", "file"}, "perl"},
    {{"perl", "-F:", "-ane", "shop"}, "perl"},
    {{"perl", "-0777ne", "shop"}, "perl"},
    {{"perl", "-CSDne", "shop"}, "perl"},
    {{"perl", "-w", "/srv/shop.pl"}, "shop"},
    {{"ruby", "-ne", "shop"}, "ruby"},
    {{"ruby", "-rjson", "-e", "shop"}, "ruby"},
    {{"php", "-d", "x=y", "-r", "shop"}, "php"},
    {{"php", "--run", "shop"}, "php"},
    {{"php", "--", "shop"}, "php"},
    {{"php", "-F", "shop.php"}, "shop"},
    {{"bash", "-euc", "shop", "name"}, "bash"},
    {{"bash", "-eo", "pipefail", "-c", "shop"}, "bash"},
    {{"bash", "-c", "-e", "shop"}, "bash"},
    {{"sh", "-s", "shop"}, "sh"},
    {{"sh", "-c", "--", "shop"}, "sh"},
    {{"bash", "+O", "extglob", "shop.sh"}, "shop"},
    {{"python3", "-Bc", "shop", "x.py"}, "python"},
    {{"python3", "-c", "shop", "-m", "x"}, "python"},
    {{"python3", "-X", "dev", "-c", "shop"}, "python"},
    {{"python3", "-", "shop"}, "python"},
    {{"python3", "-c", "x", "python3", "shop.py"}, "python"},
    {{"node", "--input-type=module", "-e", "shop"}, "node"},
    {{"node", "--eval=shop"}, "node"},
    {{"node", "--eval", "shop", "x.js"}, "node"},
    {{"node", "-pe", "shop"}, "node"},
    {{"node", "--print", "shop"}, "node"},
    {{"nodejs", "-p", "shop"}, "nodejs"},
    {{"node", "/srv/shop/server.js"}, "server"},
    {{"perl", "print 1"}, "perl"},
    {{"perl", "print(1)"}, "perl"},
    {{"perl", "a=b"}, "perl"},
    {{"perl", "'shop'"}, "perl"},
    {{"perl", "shop;x"}, "perl"},
    {{"perl", "12345"}, "perl"},
    {{"perl", "/srv/(x)/shop"}, "perl"},
    {{"perl", "/srv/my shop/orders.pl"}, "orders"},
    {{"perl", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "perl"},
    {{"/usr/bin/nginx (deleted)"}, "nginx"},
};

static void test_names(void)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct arena arena = {0};
        struct buf block = block_of(names[i].argv);
        struct bytes argv = {block.data, block.len};
        CHECK_STR(program_of(&arena, names[i].argv[0], argv).name, names[i].name);
        buf_free(&block);
        arena_free(&arena);
    }
    struct arena arena = {0};
    CHECK_STR(program_of(&arena, NULL, BYTES("shop: S3CRET x\0")).name, "");
    CHECK_STR(program_of(&arena, NULL, BYTES("/srv/shop\0")).name, "shop");
    CHECK_STR(program_of(&arena, "python3", BYTES("python3\0/srv/S3CR")).name, "python");
    arena_free(&arena);
}

/* Every end that a block of arguments may have. */
static void test_cut(void)
{
    static const struct line lines[] = {
        {{"x", "postgresql://u:" SECRET "@db"}},
        {{"x", "--password=" SECRET}},
        {{"x", "host=db password='" SECRET "' user=u"}},
        {{"psql", "-c", "select '" SECRET "'"}},
        {{"x", "{\"password\":\"" SECRET "\"}"}},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct arena arena = {0};
        struct buf block = block_of(lines[i].argv);
        for (size_t len = 0; len <= block.len; len++) {
            char *copy = malloc(len ? len : 1);
            memcpy(copy, block.data, len);
            CHECK(!strstr(told_of(&arena, "/bin/x", (struct bytes){copy, len}), "S3"));
            free(copy);
        }
        buf_free(&block);
        arena_free(&arena);
    }
}

/* Long ones that ask for the same look ahead again and again: nothing is read outside, and it ends.
 */
static void test_long(void)
{
    static const char *const units[] = {"a=b,", "://", "a:b@", "a://b:", "password=", "password ",
        "token: ", "\\\"", "'", "-----", "eyJ", "eyJhbGci", "%41", "key-file:/ ", "user=a ", "a b ",
        "pass_", "x-", "   ", "=", "@", ":", "a,b c;", "select ", "update ", "[", "\xff\xfe",
        "--a "};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct arena arena = {0};
        struct buf text = {0};
        buf_puts(&text, "x");
        buf_putc(&text, '\0');
        while (text.len < 64000)
            buf_puts(&text, units[i]);
        buf_putc(&text, '\0');
        CHECK(told_of(&arena, "/bin/x", (struct bytes){text.data, text.len}));
        CHECK(told_of(&arena, NULL, (struct bytes){text.data + 2, text.len - 2}));
        buf_free(&text);
        arena_free(&arena);
    }
}

int main(void)
{
    test_private();
    test_told(harmless, sizeof harmless / sizeof *harmless);
    test_told(around, sizeof around / sizeof *around);
    test_names();
    test_cut();
    test_long();
    return check_result();
}
