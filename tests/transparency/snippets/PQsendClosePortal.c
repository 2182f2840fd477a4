/* libpq 17 has it; a program that asks for it by name must be told what is true. */
#include <dlfcn.h>
#include "../snippet_pq.h"

static int (*found)(PGconn *, const char *);
#define PQsendClosePortal(conn, name) found(conn, name)

int snippet(void)
{
    found = (int (*)(PGconn *, const char *))dlsym(RTLD_DEFAULT, "PQsendClosePortal");
    printf("there %d\n", found != NULL);
    if (!found)
        return 0;
    PGconn *conn = connected();
    PQclear(PQprepare(conn, "named", "select 1", 0, NULL));
    SHOW_PQ(PQexec(conn, "begin; declare portal cursor for select 1 as one"));
    SHOW(PQsendClosePortal(conn, "portal"));
    show_all(conn);
    SHOW(PQsendClosePortal(conn, "missing"));
    show_all(conn);
    SHOW(PQsendClosePortal(NULL, BAD_POINTER));
    PQfinish(conn);
    return 0;
}
