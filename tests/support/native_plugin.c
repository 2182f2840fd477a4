/* Loaded and unloaded by native_stacks.cpp. */
#include <libpq-fe.h>

static __attribute__((noinline)) void inside(PGconn *conn)
{
    PQclear(PQexec(conn, "select 'plug-in'"));
    __asm__ volatile("");
}

void plugin_entry(PGconn *conn)
{
    inside(conn);
    __asm__ volatile("");
}
