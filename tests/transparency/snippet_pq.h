/* What snippets of libpq share. The server comes by the environment (PGHOST and the like). */
#ifndef TRANSPARENCY_SNIPPET_PQ_H
#define TRANSPARENCY_SNIPPET_PQ_H

#include <libpq-fe.h>
#include "snippet.h"

static inline void show_notice(void *unused, const char *message)
{
    printf("notice: %s", message);
    (void)unused;
}

static inline PGconn *connected(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    PGconn *conn = PQconnectdb("");
    PQsetNoticeProcessor(conn, show_notice, NULL);
    pthread_setcancelstate(state, NULL);
    return conn;
}

static inline void show_conn(PGconn *conn)
{
    printf("status %d, socket %d, message '%s'\n", PQstatus(conn), PQsocket(conn),
        PQerrorMessage(conn));
}

/* Shows all that a program may ask of a result, and frees it. */
static inline void show_pq(PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    printf("result %d '%s' tuples '%s' %d x %d, state %s, message '%s'\n", PQresultStatus(result),
        result ? PQcmdStatus(result) : "", result ? PQcmdTuples(result) : "", PQntuples(result),
        PQnfields(result), state ? state : "none", PQresultErrorMessage(result));
    for (int row = 0; row < PQntuples(result) && row < 3; row++)
        for (int column = 0; column < PQnfields(result); column++)
            printf("  %d.%d %s = '%s'\n", row, column, PQfname(result, column),
                PQgetvalue(result, row, column));
    PQclear(result);
}

/* Waits for all results of a statement that was sent. */
static inline void show_all(PGconn *conn)
{
    PGresult *result;
    while ((result = PQgetResult(conn)))
        show_pq(result);
}

/* Says that the server works on it, before it waits: no cancellation comes too early. */
#define SLOW "do $$begin raise notice 'at work'; perform pg_sleep(30); end$$"
static inline void send_slow(PGconn *conn)
{
    struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
    SHOW(PQsendQuery(conn, SLOW));
    poll(&fd, 1, 60000);
}

#define SHOW_PQ(call)                                                                              \
    ({                                                                                             \
        printf("%s: ", #call);                                                                     \
        show_pq(call);                                                                             \
    })

#endif
