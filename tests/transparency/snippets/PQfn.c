#include "../snippet_pq.h"

int snippet(void)
{
    int result = 0, len = 0;
    PQArgBlock argument = {.len = 4, .isint = 1, .u.integer = 16};
    PGconn *conn = connected();
    SHOW_PQ(PQexec(conn, "begin"));
    SHOW_PQ(PQfn(conn, 1400, &result, &len, 1, NULL, 0)); /* too few arguments */
    SHOW_PQ(PQexec(conn, "rollback"));
    SHOW_PQ(PQfn(
        conn, 1319, &result, &len, 1, &argument, 1)); /* no such function, or another argument */
    SHOW_PQ(PQfn(conn, 1, &result, &len, 1, NULL, 0));
    SHOW_PQ(PQfn(NULL, 1, BAD_POINTER, BAD_POINTER, 1, BAD_POINTER, 1));
    argument.u.integer = -7;
    SHOW_PQ(PQfn(conn, 1397, &result, &len, 1, &argument, 1)); /* abs(int4) */
    printf("%d of %d bytes\n", result, len);
    PQfinish(conn);
    return 0;
}
