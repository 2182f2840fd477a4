#include "../snippet_pq.h"

static void try(const char *conninfo)
{
    PGconn *conn = PQconnectdb(conninfo);
    printf("%s: ", conninfo);
    show_conn(conn);
    printf("database '%s', user '%s'\n", PQdb(conn), PQuser(conn));
    PQfinish(conn);
}

int snippet(void)
{
    try("");
    try("dbname=postgres application_name=snippet");
    try("dbname=missing");
    try("host=/nonexistent");
    try("host=127.0.0.1 port=1");
    try("no such thing");
    try("postgresql://%zz");
    return 0;
}
