/* One request, in which notices that statements raise are handled by functions that do not return,
 * or that execute a statement on another connection; and statements after that, made from frames
 * above and below those that were left. Prints how many statements were executed. */
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static jmp_buf back;
static PGconn *first, *second;
static int executed;

static void execute(PGconn *conn, const char *sql)
{
    executed++;
    PQclear(PQexec(conn, sql));
}

static __attribute__((noinline)) void execute_deeply(PGconn *conn, const char *sql, int depth)
{
    volatile char frame[512];
    frame[0] = (char)depth;
    if (depth > 0)
        execute_deeply(conn, sql, depth - 1);
    else
        execute(conn, sql);
    frame[1] = frame[0];
}

static void leave(void *unused, const char *message)
{
    (void)unused, (void)message;
    longjmp(back, 1);
}

static void ask_another(void *unused, const char *message)
{
    (void)unused, (void)message;
    execute(second, "select now() as within");
}

static void work(void)
{
    static const char raise[] = "do $$ begin raise notice 'n'; end $$";
    first = PQconnectdb("");
    second = PQconnectdb("");
    PQsetNoticeProcessor(first, ask_another, NULL);
    execute(first, raise);
    for (int depth = 0; depth < 8; depth++) {
        PGconn *lost = PQconnectdb("");
        PQsetNoticeProcessor(lost, leave, NULL);
        if (setjmp(back) == 0)
            execute_deeply(lost, raise, depth);
        for (int after = 0; after < 12; after += 3)
            execute_deeply(second, "select now() as later", after);
    }
    PQfinish(first);
    PQfinish(second);
}

int main(void)
{
    static const char request[] = "GET /notices HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    char text[512];
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, len) || listen(listener, 1) ||
        getsockname(listener, (void *)&address, &len) || connect(client, (void *)&address, len) ||
        write(client, request, sizeof request - 1) < 0)
        return 1;
    int server = accept(listener, NULL, NULL);
    if (read(server, text, sizeof text) <= 0)
        return 1;
    work();
    if (write(server, answer, sizeof answer - 1) < 0)
        return 1;
    close(server);
    printf("%d\n", executed);
    return 0;
}
