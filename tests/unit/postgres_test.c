/* Conversations in PostgreSQL's protocol: whole, cut anywhere, and with bytes left out; and as the
 * recorder hides of them what the parser does not need. */
#include "postgres_watch.h"

#include "check.h"
#include "postgres_talk.h"
#include "shim/pg_hide.c"

#define SESSION "user anna\ndatabase shop\nencoding LATIN1\nsession \n"

/* One reading of a talk. */
struct feed {
    struct postgres *parser;
    struct pg_session hidden;
    const struct pg_kept *kept_of; /* NULL: nothing is hidden */
    struct buf *seen;              /* gets what is fed, NULL: not wanted */
};

static bool feed_run(struct feed *f, enum direction direction, const struct run *run,
    const struct postgres_listener *listener)
{
    struct buf copy = {0};
    buf_add(&copy, run->head.data, run->head.len);
    buf_add(&copy, run->tail.data, run->tail.len);
    const struct pg_copied copied = {.head = copy.data,
        .head_len = run->head.len,
        .tail = copy.data + run->head.len,
        .tail_len = run->tail.len,
        .gap = run->total - run->head.len - run->tail.len};
    const struct run shown = {.head = {copied.head, copied.head_len},
        .tail = {copied.tail, copied.tail_len},
        .total = run->total};
    if (f->kept_of)
        pg_hide(&f->hidden, direction == TO_CLIENT, &copied, f->kept_of);
    if (f->seen)
        buf_add(f->seen, copy.data, copy.len);
    bool fine = postgres_feed(f->parser, direction, &shown, listener);
    buf_free(&copy);
    return fine;
}

/* Feeds the talk in pieces of this size; 0: as it is. Runs longer than `kept` lose their middle. */
static char *fed_as(const struct talk *t, size_t piece, size_t kept, struct feed feed)
{
    struct pg_watch watch = {0};
    struct postgres_listener listener = pg_watch_listener(&watch);
    bool fine = true;
    feed.parser = postgres_new();
    for (size_t i = 0; i < t->count && fine; i++) {
        struct bytes rest = {t->parts[i].bytes.data, t->parts[i].bytes.len};
        while (rest.len && fine) {
            size_t n = piece && piece < rest.len ? piece : rest.len;
            size_t head = n <= kept ? n : kept - 64;
            struct run run = {
                .head = {rest.data, head}, .tail = {rest.data + n - 64, 64}, .total = n};
            if (head == n)
                run.tail = (struct bytes){rest.data, 0};
            fine = feed_run(&feed, t->parts[i].direction, &run, &listener);
            rest = bytes_skip(rest, n);
        }
    }
    if (!fine)
        pg_note(&watch, "gave up", (struct bytes){0});
    postgres_free(feed.parser);
    return buf_take(&watch.transcript);
}

/* The same whether it is hidden or not. */
static char *fed(const struct talk *t, size_t piece, size_t kept)
{
    static const struct pg_kept all = {.statements = true, .detail = true};
    char *hidden = fed_as(t, piece, kept, (struct feed){.kept_of = &all});
    char *open = fed_as(t, piece, kept, (struct feed){0});
    CHECK_STR(hidden, open);
    free(hidden);
    return open;
}

static void check_talk(struct talk *t, const char *expected)
{
    for (size_t piece = 0; piece < 40; piece++) {
        char *transcript = fed(t, piece, SIZE_MAX);
        CHECK_STR(transcript, expected);
        free(transcript);
    }
    talk_free(t);
}

static void test_simple(void)
{
    struct talk t = {0};
    begin_session(&t);
    struct part *c = says(&t, TO_SERVER);
    MESSAGE(c, 'Q', "select 1; select 2\0");
    struct part *s = says(&t, TO_CLIENT);
    MESSAGE(s, 'T', "\0\1a\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0");
    MESSAGE(s, 'D',
        "\0\1\0\0\0\1"
        "1");
    MESSAGE(s, 'C', "SELECT 1\0");
    MESSAGE(s, 'C', "SELECT 7\0");
    MESSAGE(s, 'Z', "I");
    c = says(&t, TO_SERVER);
    MESSAGE(c, 'Q', "wrong\0");
    s = says(&t, TO_CLIENT);
    MESSAGE(s, 'E', "SERROR\0C42601\0Msyntax error\0\0");
    MESSAGE(s, 'Z', "I");
    c = says(&t, TO_SERVER);
    MESSAGE(c, 'X', "");
    check_talk(&t,
        SESSION "query select 1; select 2\ndone 1 rows 0 bytes\ndone 7 rows 0 bytes\nend \n"
                "query wrong\nfailed -1 rows 0 bytes\nerror syntax error\nend \n");
}

static void test_extended(void)
{
    struct talk t = {0};
    begin_session(&t);
    struct part *c = says(&t, TO_SERVER);
    MESSAGE(c, 'P', "named\0select a\0\0\0");
    MESSAGE(c, 'D', "Snamed\0");
    MESSAGE(c, 'S', "");
    struct part *s = says(&t, TO_CLIENT);
    MESSAGE(s, '1', "");
    MESSAGE(s, 't', "\0\0");
    MESSAGE(s, 'n', "");
    MESSAGE(s, 'Z', "I");
    c = says(&t, TO_SERVER);
    MESSAGE(c, 'B', "portal\0named\0\0\0\0\0\0\0");
    MESSAGE(c, 'E', "portal\0\0\0\0\2");
    MESSAGE(c, 'S', "");
    s = says(&t, TO_CLIENT);
    MESSAGE(s, '2', "");
    MESSAGE(s, 's', "");
    MESSAGE(s, 'Z', "T");
    c = says(&t, TO_SERVER); /* goes on with the same portal */
    MESSAGE(c, 'E', "portal\0\0\0\0\2");
    MESSAGE(c, 'S', "");
    s = says(&t, TO_CLIENT);
    MESSAGE(s, 'C', "SELECT 1\0");
    MESSAGE(s, 'Z', "T");
    c = says(&t, TO_SERVER);
    MESSAGE(c, 'P', "\0select unnamed\0\0\0");
    MESSAGE(c, 'B', "\0\0\0\0\0\0\0\0");
    MESSAGE(c, 'E', "\0\0\0\0\0");
    MESSAGE(c, 'B', "\0named\0\0\0\0\0\0\0");
    MESSAGE(c, 'E', "\0\0\0\0\0");
    MESSAGE(c, 'S', "");
    s = says(&t, TO_CLIENT);
    MESSAGE(s, '1', "");
    MESSAGE(s, '2', "");
    MESSAGE(s, 'E', "C22012\0Mdivision\0\0");
    MESSAGE(s, 'Z', "E");
    check_talk(&t, SESSION
        "prepare select a\ndone -1 rows 0 bytes\nend \nexecute named\ndone -1 rows 0 bytes\nend \n"
        "unnamed select unnamed\nexecute named\nfailed -1 rows 0 bytes\nerror division\nend \n"
        "skipped -1 rows 0 bytes\nend \n");
}

static void test_copy(void)
{
    struct talk t = {0};
    begin_session(&t);
    struct part *c = says(&t, TO_SERVER);
    MESSAGE(c, 'Q', "copy t from stdin\0");
    struct part *s = says(&t, TO_CLIENT);
    MESSAGE(s, 'G', "\0\0\0");
    c = says(&t, TO_SERVER);
    MESSAGE(c, 'd', "1\tx\n");
    MESSAGE(c, 'd', "2\ty\n");
    MESSAGE(c, 'c', "");
    s = says(&t, TO_CLIENT);
    MESSAGE(s, 'C', "COPY 2\0");
    MESSAGE(s, 'Z', "I");
    check_talk(&t, SESSION "query copy t from stdin\ndone 2 rows 8 bytes\nend \n");
}

static void test_refused(void)
{
    struct talk t = {0};
    struct part *c = says(&t, TO_SERVER);
    MESSAGE(c, 0, "\0\3\0\0user\0anna\0\0");
    struct part *s = says(&t, TO_CLIENT);
    MESSAGE(s, 'E', "C3D000\0Mno such database\0\0");
    check_talk(&t, "user anna\ndatabase anna\nrefused no such database\n");
}

static void test_tls(void)
{
    struct talk t = {0};
    struct part *c = says(&t, TO_SERVER), *s;
    MESSAGE(c, 0, "\x04\xd2\x16\x2f");
    s = says(&t, TO_CLIENT);
    buf_putc(&s->bytes, 'S');
    c = says(&t, TO_SERVER);
    buf_add(&c->bytes, "\x16\3\1\0\1\1", 6);
    check_talk(&t, "gave up \n");
}

/* The end of an answer is found again behind rows that were not kept. */
static void test_gaps(void)
{
    struct talk t = {0};
    begin_session(&t);
    for (int i = 0; i < 2; i++) {
        struct part *c = says(&t, TO_SERVER);
        MESSAGE(c, 'P', "\0select rows\0\0\0");
        MESSAGE(c, 'B', "\0\0\0\0\0\0\0\0");
        MESSAGE(c, 'E', "\0\0\0\0\0");
        MESSAGE(c, 'S', "");
        struct part *s = says(&t, TO_CLIENT);
        MESSAGE(s, '1', "");
        MESSAGE(s, '2', "");
        for (int row = 0; row < 1000; row++)
            MESSAGE(s, 'D', "\0\1\0\0\0\6abcdef");
        MESSAGE(s, 'C', "SELECT 1000\0");
        MESSAGE(s, 'Z', "I");
    }
    static const char expected[] = SESSION "unnamed select rows\ndone 1000 rows 0 bytes\nend \n"
                                           "unnamed select rows\ndone 1000 rows 0 bytes\nend \n";
    char *transcript = fed(&t, 0, 400);
    CHECK_STR(transcript, expected);
    free(transcript);
    transcript = fed(&t, 5000, 300);
    CHECK_STR(transcript, expected);
    free(transcript);
    check_talk(&t, expected);
}

static void test_long_statement(void)
{
    struct talk t = {0};
    begin_session(&t);
    struct buf sql = {0};
    buf_puts(&sql, "select ");
    while (sql.len < 100000)
        buf_putc(&sql, ' ');
    struct part *c = says(&t, TO_SERVER);
    message(c, 'Q', sql.data, sql.len + 1);
    struct part *s = says(&t, TO_CLIENT);
    MESSAGE(s, 'C', "SELECT 1\0");
    MESSAGE(s, 'Z', "I");
    char *transcript = fed(&t, 0, 8192);
    CHECK(strstr(transcript, "done 1 rows") && !strstr(transcript, "gave up"));
    free(transcript);
    talk_free(&t);
    buf_free(&sql);
}

static void say_secrets(struct talk *t)
{
    struct part *c = says(t, TO_SERVER), *s;
    MESSAGE(c, 0, "\0\3\0\0user\0anna\0database\0shop\0\0");
    s = says(t, TO_CLIENT);
    MESSAGE(s, 'R', "\0\0\0\5SECRET");
    c = says(t, TO_SERVER);
    MESSAGE(c, 'p', "SECRET\0");
    s = says(t, TO_CLIENT);
    MESSAGE(s, 'R', "\0\0\0\0");
    MESSAGE(s, 'K', "\0\0\0\1SECRET");
    MESSAGE(s, 'Z', "I");
    c = says(t, TO_SERVER);
    MESSAGE(c, 'P', "named\0select 'TEXT'\0\0\0");
    MESSAGE(c, 'B', "\0named\0\0\0\0\1\0\0\0\6SECRET\0\0");
    MESSAGE(c, 'E', "\0\0\0\0\0");
    MESSAGE(c, 'S', "");
    s = says(t, TO_CLIENT);
    MESSAGE(s, '1', "");
    MESSAGE(s, '2', "");
    MESSAGE(s, 'D', "\0\1\0\0\0\6SECRET");
    MESSAGE(s, 'N', "SNOTICE\0MSECRET\0\0");
    MESSAGE(s, 'A', "\0\0\0\1channel\0SECRET\0");
    MESSAGE(s, 'C', "SELECT 1\0");
    MESSAGE(s, 'Z', "I");
    c = says(t, TO_SERVER);
    MESSAGE(c, 'Q', "copy 'TEXT'\0");
    MESSAGE(c, 'd', "SECRET\n");
    MESSAGE(c, 'f', "SECRET\0");
    MESSAGE(c, 'F', "\0\0\3\xb8\0\0\0\1\0\0\0\6SECRET\0\0");
    s = says(t, TO_CLIENT);
    MESSAGE(s, 'd', "SECRET\n");
    MESSAGE(s, 'E', "SERROR\0C22P02\0MTEXT\0DDETAIL\0HDETAIL\0WSECRET\0qSECRET\0Rfunction\0\0");
    MESSAGE(s, 'Z', "I");
    MESSAGE(s, 'V', "\0\0\0\6SECRET");
    MESSAGE(s, 'Z', "I");
}

static void check_hidden(struct talk *t, const struct pg_kept *kept, size_t kept_bytes)
{
    for (size_t piece = 0; piece < 40; piece++) {
        struct buf seen = {0};
        free(fed_as(t, piece, kept_bytes, (struct feed){.kept_of = kept, .seen = &seen}));
        CHECK(!memmem(seen.data, seen.len, "SECRET", 6));
        CHECK(kept->statements || !memmem(seen.data, seen.len, "TEXT", 4));
        CHECK(kept->detail || !memmem(seen.data, seen.len, "DETAIL", 6));
        CHECK(piece || kept_bytes < SIZE_MAX || memmem(seen.data, seen.len, "22P02", 5));
        buf_free(&seen);
    }
}

/* Whatever is copied, and however it is cut. */
static void test_hidden(void)
{
    struct talk t = {0};
    say_secrets(&t);
    for (unsigned i = 0; i < 4; i++) {
        const struct pg_kept kept = {.statements = i & 1, .detail = i & 2};
        check_hidden(&t, &kept, SIZE_MAX);
        check_hidden(&t, &kept, 70);
        check_hidden(&t, &kept, 100);
    }
    talk_free(&t);
}

int main(void)
{
    test_simple();
    test_extended();
    test_copy();
    test_refused();
    test_tls();
    test_gaps();
    test_long_statement();
    test_hidden();
    return check_result();
}
