#include "../snippet_pq.h"

int snippet(void)
{
    PGconn *conn = PQsetdbLogin(NULL, NULL, NULL, NULL, "postgres", NULL, NULL);
    show_conn(conn);
    PQfinish(conn);
    conn = PQsetdbLogin("127.0.0.1", "1", NULL, NULL, "postgres", "nobody", "secret");
    show_conn(conn);
    PQfinish(conn);
    conn = PQsetdbLogin(NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    show_conn(conn);
    PQfinish(conn);
    return 0;
}
