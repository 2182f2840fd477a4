/* Issues statements from all kinds of native frames, through a libpq that is not connected. With a
 * plug-in's path: from inside it too, unloading it afterwards. Ends inside a function that does not
 * return. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))
#define NO_TAIL_CALL __asm__ volatile("")

static PGconn *conn;

static inline __attribute__((always_inline)) void inlined_inner(const char *sql)
{
    PQclear(PQexec(conn, sql));
}

static inline __attribute__((always_inline)) void inlined_outer(const char *sql)
{
    inlined_inner(sql);
    NO_TAIL_CALL;
}

static NOINLINE void static_function(void)
{
    inlined_outer("select 'inlined'");
    NO_TAIL_CALL;
}

namespace shop
{
namespace
{
NOINLINE void hidden(const char *sql)
{
    PQclear(PQexec(conn, sql));
    NO_TAIL_CALL;
}
} // namespace

struct basket {
    template <typename T> NOINLINE int total(T factor) const
    {
        hidden("select 'template'");
        return (int)factor;
    }
    NOINLINE ~basket()
    {
        hidden("select 'destructor'");
        NO_TAIL_CALL;
    }
};
} // namespace shop

static NOINLINE int recursive(int depth)
{
    int result =
        depth ? recursive(depth - 1) + 1 : (PQclear(PQexec(conn, "select 'recursion'")), 0);
    NO_TAIL_CALL;
    return result;
}

static NOINLINE int large_frame(int seed)
{
    volatile char space[20000] = {0};
    space[seed] = 1;
    PQclear(PQexec(conn, "select 'large frame'"));
    return space[seed];
}

static NOINLINE void dynamic_frame(size_t size)
{
    volatile char *space = (volatile char *)__builtin_alloca(size);
    space[0] = 1;
    PQclear(PQexec(conn, "select 'dynamic frame'"));
    space[1] = 2;
}

static NOINLINE void aligned_frame(void)
{
    volatile char space[256] __attribute__((aligned(128)));
    space[0] = 1;
    PQclear(PQexec(conn, "select 'aligned frame'"));
    space[1] = 2;
}

static int compare(const void *, const void *)
{
    PQclear(PQexec(conn, "select 'called back by libc'"));
    NO_TAIL_CALL;
    return 0;
}

static NOINLINE void called_back(void)
{
    int numbers[2] = {2, 1};
    qsort(numbers, 2, sizeof *numbers, compare);
    NO_TAIL_CALL;
}

static void on_signal(int)
{
    PQclear(PQexec(conn, "select 'signal handler'"));
    NO_TAIL_CALL;
}

static NOINLINE void interrupted(void)
{
    signal(SIGUSR1, on_signal);
    kill(getpid(), SIGUSR1);
    NO_TAIL_CALL;
}

static void *in_thread(void *)
{
    PQclear(PQexec(conn, "select 'thread'"));
    NO_TAIL_CALL;
    return NULL;
}

static NOINLINE void with_plugin(const char *path)
{
    void *plugin = dlopen(path, RTLD_NOW);
    void (*entry)(PGconn *) = (void (*)(PGconn *))dlsym(plugin, "plugin_entry");
    entry(conn);
    dlclose(plugin);
}

static __attribute__((noinline, noreturn)) void last(void)
{
    PQexec(conn, "select 'last'");
    _exit(0);
}

static __attribute__((noinline, noreturn)) void never_returns(void)
{
    last();
}

int main(int argc, char **argv)
{
    conn = PQconnectdb("host=/nonexistent");
    static_function();
    {
        shop::basket basket;
        basket.total(1.5);
    }
    recursive(5);
    recursive(300);
    large_frame(argc);
    dynamic_frame((size_t)argc * 5000);
    aligned_frame();
    called_back();
    interrupted();
    pthread_t thread;
    pthread_create(&thread, NULL, in_thread, NULL);
    pthread_join(thread, NULL);
    if (argc > 1)
        with_plugin(argv[1]);
    never_returns();
}
