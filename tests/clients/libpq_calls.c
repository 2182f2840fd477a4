/* Uses each family of libpq's functions once. Statements begin with a comment that says by which
 * scenario they were sent; arguments are the scenarios to run. The server comes by the environment.
 */
#include <libpq-fe.h>
#include <libpq/libpq-fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static PGconn *conn;

static void quiet(void *unused, const char *message)
{
    (void)unused;
    (void)message;
}

static PGconn *connect_to(const char *conninfo)
{
    PGconn *c = PQconnectdb(conninfo);
    PQsetNoticeProcessor(c, quiet, NULL);
    return c;
}

static void wait_for(PGconn *c, short events)
{
    struct pollfd fd = {.fd = PQsocket(c), .events = events};
    poll(&fd, 1, 10000);
}

static void finish_results(PGconn *c)
{
    PGresult *r;
    while ((r = PQgetResult(c)))
        PQclear(r);
}

static void until_complete(PGconn *c)
{
    while (PQisBusy(c)) {
        wait_for(c, POLLIN);
        PQconsumeInput(c);
    }
}

static void run(const char *sql)
{
    PQclear(PQexec(conn, sql));
}

/* ---- scenarios ---- */

static void sync_calls(void)
{
    const char *values[] = {"41"};
    run("/* s=sync */ create table sync_t (a int primary key, b text)");
    run("/* s=sync */ insert into sync_t select i, 'x' from generate_series(1, 7) i");
    PQclear(PQexecParams(conn, "/* s=sync */ select $1::int + 1", 1, NULL, values, NULL, NULL, 0));
    PQclear(PQprepare(conn, "named", "/* s=sync */ select b from sync_t where a = $1", 1, NULL));
    PQclear(PQexecPrepared(conn, "named", 1, values, NULL, NULL, 0));
    PQclear(PQexecPrepared(conn, "named", 1, values, NULL, NULL, 1));
    PQclear(PQdescribePrepared(conn, "named"));
    run("begin");
    run("/* s=sync */ declare p cursor for select 1");
    PQclear(PQdescribePortal(conn, "p"));
    run("commit");
}

static void async_calls(void)
{
    const char *values[] = {"41"};
    PQsendQuery(conn, "/* s=async */ select 'query'");
    finish_results(conn);
    PQsendQueryParams(conn, "/* s=async */ select $1::int", 1, NULL, values, NULL, NULL, 0);
    finish_results(conn);
    PQsendPrepare(conn, "asynchronous", "/* s=async */ select $1::text", 1, NULL);
    finish_results(conn);
    PQsendQueryPrepared(conn, "asynchronous", 1, values, NULL, NULL, 0);
    finish_results(conn);
    PQsendDescribePrepared(conn, "asynchronous");
    finish_results(conn);
}

/* The result is there long before anybody asks for it. */
static void late(void)
{
    PQsendQuery(conn, "/* s=late */ select 'polled'");
    until_complete(conn);
    sleep(2);
    finish_results(conn);
    PQsendQuery(conn, "/* s=late */ select 'half taken'");
    PQclear(PQgetResult(conn));
    sleep(2);
    finish_results(conn);
}

static void listen_calls(void)
{
    PQsendQuery(conn, "/* s=listen */ listen channel");
    until_complete(conn);
    finish_results(conn);
    PGconn *other = connect_to("");
    sleep(1);
    PQclear(PQexec(other, "/* s=listen */ notify channel"));
    wait_for(conn, POLLIN);
    PQconsumeInput(conn);
    PGnotify *notification = PQnotifies(conn);
    printf("notified %d\n", notification != NULL);
    PQfreemem(notification);
    PQfinish(other);
}

static void rows_one_by_one(void)
{
    PQsendQuery(conn, "/* s=single */ select generate_series(1, 5000)");
    PQsetSingleRowMode(conn);
    finish_results(conn);
}

static void pipeline(void)
{
    PQenterPipelineMode(conn);
    for (int i = 0; i < 10; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "/* s=pipeline */ select %d%s", i, i == 4 ? "/0" : "");
        PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0);
    }
    PQpipelineSync(conn);
    for (int i = 0; i < 10; i++)
        finish_results(conn);
    PQclear(PQgetResult(conn)); /* the synchronization point */
    PQsendQueryParams(conn, "/* s=pipeline */ select 'flushed'", 0, NULL, NULL, NULL, NULL, 0);
    PQsendFlushRequest(conn);
    PQflush(conn);
    finish_results(conn);
    PQpipelineSync(conn);
    PQclear(PQgetResult(conn));
    PQclear(PQexec(conn, "/* s=pipeline */ select 'refused'"));
    PQexitPipelineMode(conn);
    run("/* s=pipeline */ select 'afterwards'");
}

static void copy(void)
{
    char *row;
    run("/* s=copy */ create table copy_t (a int, b text)");
    PQclear(PQexec(conn, "/* s=copy */ copy copy_t from stdin"));
    for (int i = 0; i < 100; i++)
        PQputCopyData(conn, "1\tabcdefg\n", 10);
    PQputCopyEnd(conn, NULL);
    finish_results(conn);
    PQclear(PQexec(conn, "/* s=copy */ copy copy_t to stdout"));
    while (PQgetCopyData(conn, &row, 0) > 0)
        PQfreemem(row);
    finish_results(conn);
    PQsendQuery(conn, "/* s=copy */ copy copy_t (a) from stdin");
    PQclear(PQgetResult(conn));
    PQputCopyData(conn, "wrong\n", 6);
    PQputCopyEnd(conn, NULL);
    finish_results(conn);
    PQclear(PQexec(conn, "/* s=copy */ copy copy_t (b) from stdin"));
    PQputCopyEnd(conn, "given up by the program");
    finish_results(conn);
    PQclear(PQexec(conn, "/* s=copy */ copy copy_t (b, a) to stdout"));
    run("/* s=copy */ select 'abandons the copy'");
}

static void large_objects(void)
{
    char buf[3000] = {0};
    run("begin");
    Oid oid = lo_creat(conn, INV_READ | INV_WRITE);
    int fd = lo_open(conn, oid, INV_READ | INV_WRITE);
    printf("written %d\n", lo_write(conn, fd, buf, sizeof buf));
    lo_lseek(conn, fd, 0, SEEK_SET);
    printf("read %d\n", lo_read(conn, fd, buf, sizeof buf));
    lo_close(conn, fd);
    lo_unlink(conn, oid);
    run("commit");
}

static void prepared_by_sql(void)
{
    run("/* s=prepare */ prepare \"By SQL\" (int) as select $1 + 1000");
    run("/* s=prepare */ execute \"By SQL\" (1)");
    PQclear(PQprepare(conn, "by_protocol", "select 2000 + $1::int", 0, NULL));
    run("/* s=prepare */ execute By_Protocol(2)");
    run("/* s=prepare */ deallocate \"By SQL\"");
    run("/* s=prepare */ execute \"By SQL\" (3)");
    run("/* s=prepare */ discard all");
    PQclear(PQexecPrepared(conn, "by_protocol", 0, NULL, NULL, NULL, 0));
}

static void several(void)
{
    run("/* s=several */ create table several_t (a int); insert into several_t values (1), (2);"
        " select a from several_t;");
    PQsendQuery(
        conn, "/* s=several */ select 'a' from several_t; select 'b' from several_t limit 1");
    finish_results(conn);
}

static void transactions(void)
{
    run("begin");
    run("/* s=transaction */ select 1/0");
    run("/* s=transaction */ select 'not in a failed transaction'");
    run("rollback");
    run("begin");
    run("savepoint a");
    run("release a");
    run("commit");
}

static void big(void)
{
    size_t size = 8 << 20;
    char *sql = malloc(size + 1);
    memset(sql, ' ', size);
    memcpy(sql, "/* s=big */ select 1", 20);
    sql[size] = '\0';
    run(sql);
    free(sql);
}

static void encodings(void)
{
    PQsetClientEncoding(conn, "LATIN1");
    run("/* s=encoding */ select 'caf\xe9' as \"\xfc\"");
    run("/* s=encoding */ select \"fehlt_\xe4\"");
    PQsetClientEncoding(conn, "SJIS");
    run("/* s=encoding */ select '\x95\\' as \"\x83\\\""); /* second bytes are backslashes */
    PQsetClientEncoding(conn, "UTF8");
}

static PGconn *connect_stepwise(PGconn *c, PostgresPollingStatusType (*step)(PGconn *))
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        wait_for(c, status == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        status = step(c);
    }
    return c;
}

static void connecting(void)
{
    PGconn *c = connect_stepwise(PQconnectStart(""), PQconnectPoll);
    PQclear(PQexec(c, "/* s=connect */ select 'stepwise'"));
    PQreset(c);
    PQresetStart(c);
    connect_stepwise(c, PQresetPoll);
    PQfinish(c);
    PQfinish(PQconnectdb("dbname=missing"));
    PQfinish(connect_stepwise(PQconnectStart("dbname=missing"), PQconnectPoll));
    PQfinish(PQconnectdb("host=127.0.0.1 port=1"));
    PQfinish(PQconnectdb("no such thing"));
    PQfinish(PQconnectStart("")); /* given up half-way */
    printf("ping %d\n", PQping(""));
}

static void cancelling(void)
{
    char error[256];
    PQsendQuery(conn, "/* s=cancel */ select pg_sleep(60)");
    PGcancel *cancel = PQgetCancel(conn);
    usleep(300000);
    printf("cancelled %d\n", PQcancel(cancel, error, sizeof error));
    PQfreeCancel(cancel);
    finish_results(conn);
}

static void errors(void)
{
    run("/* s=error */ create table error_t (email text primary key)");
    run("/* s=error */ insert into error_t values ('planted@example.com')");
    run("/* s=error */ insert into error_t values ('planted@example.com')");
    PQsendQuery(conn, "/* s=error */ select 'under way'");
    PQsendQuery(conn, "/* s=error */ select 'refused'");
    finish_results(conn);
    PQclear(PQexecPrepared(conn, "never prepared", 0, NULL, NULL, NULL, 0));
    PGconn *c = connect_to("");
    PQclear(PQexec(c, "/* s=error */ select pg_terminate_backend(pg_backend_pid())"));
    PQclear(PQexec(c, "/* s=error */ select 'on a dead connection'"));
    PQfinish(c);
}

static void parameters(void)
{
    const char *values[] = {"anna", "hunter2", NULL}, *found[] = {"secret", "1"};
    const char *binary[] = {"\0\0\0\7"};
    const int lengths[] = {4}, formats[] = {1};
    const Oid types[] = {23};
    sleep(1); /* the forwarder has said by now that parameters are wanted */
    run("/* s=parameters */ create table users (name text, password text, age int)");
    PQclear(PQexecParams(conn,
        "/* s=parameters */ insert into users (name, password, age) values ($1, $2, $3)", 3, NULL,
        values, NULL, NULL, 0));
    PQclear(
        PQexecParams(conn, "/* s=parameters */ select 1 from users where password = $1 limit $2", 2,
            NULL, found, NULL, NULL, 0));
    PQclear(
        PQexecParams(conn, "/* s=parameters */ select $1", 1, types, binary, lengths, formats, 0));
}

static void abandoned(void)
{
    PQsendQuery(conn, "/* s=abandoned */ select 'one result taken'");
    PQclear(PQgetResult(conn));
    run("/* s=abandoned */ select 'next'");
    PGconn *c = connect_to("");
    PQsendQuery(c, "/* s=abandoned */ select 'never asked for'");
    PQfinish(c);
}

static void repeated(void)
{
    for (int i = 0; i < 50; i++)
        run("/* s=repeated */ select relname from pg_class where oid = 1");
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {{"sync", sync_calls}, {"async", async_calls}, {"late", late},
    {"listen", listen_calls}, {"single", rows_one_by_one}, {"pipeline", pipeline}, {"copy", copy},
    {"large_objects", large_objects}, {"prepare", prepared_by_sql}, {"several", several},
    {"transaction", transactions}, {"big", big}, {"encoding", encodings}, {"connect", connecting},
    {"cancel", cancelling}, {"error", errors}, {"parameters", parameters}, {"abandoned", abandoned},
    {"repeated", repeated}};

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof scenarios / sizeof *scenarios; k++)
            if (strcmp(argv[i], scenarios[k].name) == 0) {
                conn = connect_to("");
                scenarios[k].run();
                PQfinish(conn);
            }
    return 0;
}
