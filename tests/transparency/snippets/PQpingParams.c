#include "../snippet_pq.h"

static void try(const char *keyword, const char *value, int expand)
{
    const char *keywords[] = {keyword, NULL}, *values[] = {value, NULL};
    SHOW(PQpingParams(keywords, values, expand));
}

int snippet(void)
{
    try("dbname", "postgres", 0);
    try("dbname", "dbname=postgres", 1);
    try("unknown", "x", 0);
    try(NULL, NULL, 0);
    return 0;
}
