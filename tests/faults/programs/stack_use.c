/* How much stack each call takes: made on a stack of its own that was painted before. Prints a
 * line for each, "NAME BYTES". */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK = 256 * 1024, PAINT = 0xa5 };

static char request[] = "GET /users/4711 HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
static char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab\n";
static char buffer[1024];
static struct sockaddr_in address;
static int listener, server, client;
static FILE *stream;
static PGconn *conn;
static void *library;
static volatile long kept;

/* ---- the calls, each of its own place ---- */

static void first_listen(void)
{
    kept = listen(listener, 1);
}

static void accept_one(void)
{
    server = accept(listener, NULL, NULL);
}

static void recv_request(void)
{
    kept = recv(server, buffer, sizeof buffer, 0);
}

static void read_request(void)
{
    kept = read(server, buffer, sizeof buffer);
}

static void send_response(void)
{
    kept = send(server, response, sizeof response - 1, 0);
}

static void write_response(void)
{
    kept = write(server, response, sizeof response - 1);
}

static void writev_response(void)
{
    const struct iovec parts[] = {{response, 10}, {response + 10, sizeof response - 11}};
    kept = writev(server, parts, 2);
}

static void close_one(void)
{
    kept = close(server);
}

static void connect_out(void)
{
    kept = connect(server, (struct sockaddr *)&address, sizeof address);
}

static void fdopen_one(void)
{
    stream = fdopen(server, "r+");
}

static void fgets_line(void)
{
    kept = fgets(buffer, sizeof buffer, stream) != NULL;
}

static void fputs_response(void)
{
    kept = fputs(response, stream);
}

static void fprintf_response(void)
{
    kept = fprintf(stream, "%s", response);
}

static void fflush_response(void)
{
    kept = fflush(stream);
}

static void fclose_one(void)
{
    kept = fclose(stream);
}

static void pq_connect(void)
{
    conn = PQconnectdb("");
}

static void pq_exec(void)
{
    kept = PQexec(conn, "select 1") != NULL;
}

static void pq_exec_elsewhere(void)
{
    kept += PQexec(conn, "select 2") != NULL;
}

static void pq_exec_params(void)
{
    static const char *const values[] = {"one", "two"};
    kept = PQexecParams(conn, "select $1, $2", 2, NULL, values, NULL, NULL, 0) != NULL;
}

static void pq_cancel(void)
{
    kept = PQcancel(NULL, buffer, sizeof buffer);
}

static void pq_finish(void)
{
    PQfinish(conn);
}

static void dlopen_one(void)
{
    library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
}

static void dlopen_deep(void)
{
    library = dlopen("/no/such/library", RTLD_NOW | RTLD_DEEPBIND);
}

static void dlsym_pq(void)
{
    kept = dlsym(RTLD_DEFAULT, "PQexec") != NULL;
}

static void dlclose_one(void)
{
    kept = dlclose(library);
}

/* ---- measuring ---- */

static ucontext_t back;

static size_t bytes_used(void (*call)(void))
{
    static char stack[STACK] __attribute__((aligned(64)));
    static ucontext_t context;
    memset(stack, PAINT, sizeof stack);
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = sizeof stack;
    context.uc_link = &back;
    makecontext(&context, call, 0);
    swapcontext(&back, &context);
    size_t untouched = 0;
    while (untouched < sizeof stack && stack[untouched] == (char)PAINT)
        untouched++;
    return sizeof stack - untouched;
}

static void measure(const char *name, void (*call)(void))
{
    printf("%s %zu\n", name, bytes_used(call));
}

static void new_connection(void)
{
    client = socket(AF_INET, SOCK_STREAM, 0);
    syscall(SYS_connect, client, &address, sizeof address);
    syscall(SYS_sendto, client, request, sizeof request - 1, 0, NULL, 0);
}

static void next_request(void)
{
    syscall(SYS_sendto, client, request, sizeof request - 1, 0, NULL, 0);
}

static void bind_listener(void)
{
    socklen_t len = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, len) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        exit(1);
}

#define MEASURE(call) measure(#call, call)

static void measure_sockets(void)
{
    bind_listener();
    MEASURE(first_listen);
    new_connection();
    MEASURE(accept_one);
    MEASURE(recv_request);
    MEASURE(send_response);
    next_request();
    MEASURE(read_request);
    MEASURE(write_response);
    MEASURE(writev_response);
    MEASURE(close_one);
    server = socket(AF_INET, SOCK_STREAM, 0);
    MEASURE(connect_out);
    close_one();
    syscall(SYS_close, syscall(SYS_accept, listener, NULL, NULL));
}

static void measure_streams(void)
{
    new_connection();
    accept_one();
    MEASURE(fdopen_one);
    MEASURE(fgets_line);
    MEASURE(fputs_response);
    MEASURE(fflush_response);
    MEASURE(fprintf_response);
    MEASURE(fflush_response);
    MEASURE(fclose_one);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    measure_sockets();
    measure_streams();
    MEASURE(pq_connect);
    MEASURE(pq_exec);
    MEASURE(pq_exec_elsewhere);
    MEASURE(pq_exec_elsewhere);
    MEASURE(pq_exec_params);
    MEASURE(pq_cancel);
    MEASURE(pq_finish);
    MEASURE(dlsym_pq);
    MEASURE(dlopen_deep);
    MEASURE(dlopen_one);
    MEASURE(dlclose_one);
    return 0;
}
