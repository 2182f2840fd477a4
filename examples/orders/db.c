#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static PGconn *conn;

static const struct {
    const char *name, *sql;
} statements[] = {
    {"items", "SELECT product, quantity, price_cents FROM order_items WHERE order_id = $1 ORDER BY "
              "product"},
    {"touch", "UPDATE customers SET last_order_at = now() WHERE id = $1"},
};

static void check(PGresult *result)
{
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fprintf(stderr, "orders[%d]: %s", (int)getpid(), PQerrorMessage(conn));
    PQclear(result);
}

static void prepare_all(void)
{
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        check(PQprepare(conn, statements[i].name, statements[i].sql, 0, NULL));
}

void db_open(const char *conninfo)
{
    for (int tries = 0; tries < 20; tries++) {
        conn = PQconnectdb(conninfo);
        if (PQstatus(conn) == CONNECTION_OK) {
            prepare_all();
            return;
        }
        fprintf(stderr, "orders[%d]: %s", (int)getpid(), PQerrorMessage(conn));
        PQfinish(conn);
        sleep(1);
    }
    exit(1);
}

/* A database that was restarted must not end the service. */
static void reconnect_if_lost(void)
{
    if (PQstatus(conn) == CONNECTION_OK)
        return;
    PQreset(conn);
    if (PQstatus(conn) == CONNECTION_OK)
        prepare_all();
}

static PGresult *good(PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    fprintf(stderr, "orders[%d]: %s", (int)getpid(), PQerrorMessage(conn));
    PQclear(result);
    reconnect_if_lost();
    return NULL;
}

static char *with_id(const struct request *request, const char *sql)
{
    static char text[8192];
    if (!*request->id)
        snprintf(text, sizeof text, "%s", sql);
    else
        snprintf(text, sizeof text, "/* req=%s */ %s", request->id, sql);
    return text;
}

PGresult *db_query(const struct request *request, const char *sql)
{
    return good(PQexec(conn, with_id(request, sql)));
}

PGresult *db_query_params(
    const struct request *request, const char *sql, int count, const char *const *values)
{
    return good(PQexecParams(conn, with_id(request, sql), count, NULL, values, NULL, NULL, 0));
}

/* Prepared once per connection, so they cannot carry an id. */
PGresult *db_prepared(
    const struct request *request, const char *name, int count, const char *const *values)
{
    (void)request;
    return good(PQexecPrepared(conn, name, count, values, NULL, NULL, 0));
}

char *db_literal(const char *text)
{
    return PQescapeLiteral(conn, text, strlen(text));
}
