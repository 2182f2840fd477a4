#include "../snippet_pq.h"

int snippet(void)
{
    SHOW(PQping(""));
    SHOW(PQping("dbname=missing"));
    SHOW(PQping("host=127.0.0.1 port=1"));
    SHOW(PQping("no such thing"));
    return 0;
}
