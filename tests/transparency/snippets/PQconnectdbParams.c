#include "../snippet_pq.h"

static void try(const char *keyword, const char *value, int expand)
{
    const char *keywords[] = {keyword, NULL}, *values[] = {value, NULL};
    PGconn *conn = PQconnectdbParams(keywords, values, expand);
    show_conn(conn);
    PQfinish(conn);
}

int snippet(void)
{
    try("dbname", "postgres", 0);
    try("dbname", "dbname=postgres", 1);
    try("dbname", "missing", 0);
    try("unknown", "x", 0);
    try(NULL, NULL, 0);
    try("dbname", NULL, 1);
    return 0;
}
