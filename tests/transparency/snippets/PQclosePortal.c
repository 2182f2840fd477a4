/* libpq 17 has it; a program that asks for it by name must be told what is true. */
#include <dlfcn.h>
#include "../snippet_pq.h"

static PGresult *(*found)(PGconn *, const char *);
#define PQclosePortal(conn, name) found(conn, name)

int snippet(void)
{
    found = (PGresult * (*)(PGconn *, const char *)) dlsym(RTLD_DEFAULT, "PQclosePortal");
    printf("there %d\n", found != NULL);
    if (!found)
        return 0;
    PGconn *conn = connected();
    PQclear(PQprepare(conn, "named", "select 1", 0, NULL));
    SHOW_PQ(PQexec(conn, "begin; declare portal cursor for select 1 as one"));
    SHOW_PQ(PQclosePortal(conn, "portal"));
    SHOW_PQ(PQclosePortal(conn, "missing"));
    SHOW_PQ(PQclosePortal(NULL, BAD_POINTER));
    PQfinish(conn);
    return 0;
}
