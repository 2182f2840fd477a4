/* For an interpreter to load: how much stack a call takes below its caller. */
#include <libpq-fe.h>
#include <string.h>

enum { DEPTH = 32 * 1024, OWN = 512, PAINT = 0xa5 };

size_t exec_uses(int params);

/* All but the first bytes below the caller, which are our own. */
static __attribute__((noinline)) void paint(volatile char *low)
{
    for (size_t i = 0; i < DEPTH - OWN; i++)
        low[i] = (char)PAINT;
}

static __attribute__((noinline)) size_t touched(const volatile char *low)
{
    size_t untouched = 0;
    while (untouched < DEPTH - OWN && low[untouched] == (char)PAINT)
        untouched++;
    return DEPTH - untouched;
}

__attribute__((visibility("default"))) size_t exec_uses(int params)
{
    static const char *const values[] = {"one", "two"};
    static PGconn *conn;
    if (!conn)
        conn = PQconnectdb("");
    volatile char *low = (char *)__builtin_frame_address(0) - DEPTH;
    paint(low);
    if (params)
        PQexecParams(conn, "select $1, $2", params, NULL, values, NULL, NULL, 0);
    else
        PQexec(conn, "select 1");
    return touched(low);
}
