/* The monthly report: slow, and several calls deep. */
#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct totals {
    long orders, cents;
};

static __attribute__((noinline)) PGresult *fetch_month(const struct request *request, int month)
{
    char sql[768];
    snprintf(sql, sizeof sql,
        "SELECT count(DISTINCT o.id), coalesce(sum(i.quantity * i.price_cents), 0),"
        " count(*) FILTER (WHERE md5(i.product || o.id || c.name) LIKE '0%%')"
        " FROM orders o JOIN order_items i ON i.order_id = o.id JOIN customers c ON c.id = "
        "o.customer_id"
        " WHERE extract(month FROM o.created_at) = %d",
        month);
    return db_query(request, sql);
}

static __attribute__((noinline)) int add_month(
    const struct request *request, int month, struct totals *totals)
{
    PGresult *result = fetch_month(request, month);
    if (!result)
        return 0;
    totals->orders += atol(PQgetvalue(result, 0, 0));
    totals->cents += atol(PQgetvalue(result, 0, 1));
    PQclear(result);
    return 1;
}

static __attribute__((noinline)) int add_quarter(
    const struct request *request, int quarter, struct totals *totals)
{
    for (int month = quarter * 3 - 2; month <= quarter * 3; month++)
        if (!add_month(request, month, totals))
            return 0;
    return 1;
}

/* GET /report?quarter=N */
void report(const struct request *request, struct reply *reply)
{
    struct totals totals = {0, 0};
    int quarter = 1;
    sscanf(request->query, "quarter=%d", &quarter);
    if (!add_quarter(request, quarter, &totals)) {
        reply->status = 500;
        reply_add(reply, "{\"error\":\"database\"}\n");
        return;
    }
    reply_add(reply, "{\"quarter\":%d,\"orders\":%ld,\"cents\":%ld}\n", quarter, totals.orders,
        totals.cents);
}
