#include "orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(struct reply *reply, int status, const char *message)
{
    reply->status = status;
    reply->len = 0;
    reply_add(reply, "{\"error\":\"%s\"}\n", message);
}

static void add_text(struct reply *reply, const char *text)
{
    reply_add(reply, "\"");
    for (; *text; text++)
        reply_add(reply, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    reply_add(reply, "\"");
}

static void add_items(const struct request *request, struct reply *reply, const char *order_id)
{
    PGresult *items = db_prepared(request, "items", 1, &order_id);
    reply_add(reply, ",\"items\":[");
    for (int i = 0; items && i < PQntuples(items); i++) {
        reply_add(reply, "%s{\"product\":", i ? "," : "");
        add_text(reply, PQgetvalue(items, i, 0));
        reply_add(reply, ",\"quantity\":%s,\"price\":%s}", PQgetvalue(items, i, 1),
            PQgetvalue(items, i, 2));
    }
    reply_add(reply, "]}\n");
    PQclear(items);
}

/* GET /orders/ID */
static void show_order(const struct request *request, struct reply *reply, const char *id)
{
    char sql[512];
    char *literal = db_literal(id);
    snprintf(sql, sizeof sql,
        "SELECT o.id, c.name, o.status FROM orders o JOIN customers c ON c.id = o.customer_id"
        " WHERE o.id = %s",
        literal);
    PQfreemem(literal);
    PGresult *order = db_query(request, sql);
    if (!order)
        fail(reply, 500, "database");
    else if (PQntuples(order) == 0)
        fail(reply, 404, "no such order");
    else {
        reply_add(reply, "{\"id\":%s,\"customer\":", PQgetvalue(order, 0, 0));
        add_text(reply, PQgetvalue(order, 0, 1));
        reply_add(reply, ",\"status\":\"%s\"", PQgetvalue(order, 0, 2));
        add_items(request, reply, id);
    }
    PQclear(order);
}

/* GET /customers/ID/orders */
static void list_orders(const struct request *request, struct reply *reply, const char *customer)
{
    PGresult *orders = db_query_params(request,
        "SELECT id, status, created_at FROM orders WHERE customer_id = $1 ORDER BY id LIMIT 50", 1,
        &customer);
    if (!orders) {
        fail(reply, 500, "database");
        return;
    }
    reply_add(reply, "[");
    for (int i = 0; i < PQntuples(orders); i++)
        reply_add(reply, "%s{\"id\":%s,\"status\":\"%s\"}", i ? "," : "", PQgetvalue(orders, i, 0),
            PQgetvalue(orders, i, 1));
    reply_add(reply, "]\n");
    PQclear(orders);
}

static int field(const char *form, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    for (const char *at = form; at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL)
        if (strncmp(at, name, len) == 0 && at[len] == '=') {
            snprintf(out, size, "%.*s", (int)strcspn(at + len + 1, "&"), at + len + 1);
            return 1;
        }
    return 0;
}

/* Three statements, and BEGIN and COMMIT around them: PQexec, PQexecParams and PQexecPrepared. */
static int insert_order(const struct request *request, const char *customer, const char *product,
    const char *quantity, char *ret_id, size_t size)
{
    PGresult *order = db_query_params(request,
        "INSERT INTO orders (customer_id, status) VALUES ($1, 'new') RETURNING id", 1, &customer);
    if (!order)
        return 0;
    snprintf(ret_id, size, "%s", PQgetvalue(order, 0, 0));
    PQclear(order);
    char sql[512], *literal = db_literal(product);
    snprintf(sql, sizeof sql,
        "INSERT INTO order_items (order_id, product, quantity, price_cents) VALUES (%s, %.300s, "
        "%d, 999)",
        ret_id, literal, atoi(quantity));
    PQfreemem(literal);
    PGresult *item = db_query(request, sql);
    PGresult *touched = item ? db_prepared(request, "touch", 1, &customer) : NULL;
    int done = touched != NULL;
    PQclear(item);
    PQclear(touched);
    return done;
}

/* POST /orders with customer, product and quantity as a form */
static void create_order(const struct request *request, struct reply *reply)
{
    char customer[32], product[128], quantity[16] = "1", id[32];
    field(request->body, "quantity", quantity, sizeof quantity);
    if (!field(request->body, "customer", customer, sizeof customer) ||
        !field(request->body, "product", product, sizeof product)) {
        fail(reply, 400, "customer and product are needed");
        return;
    }
    PQclear(db_query(request, "BEGIN"));
    int done = insert_order(request, customer, product, quantity, id, sizeof id);
    PQclear(db_query(request, done ? "COMMIT" : "ROLLBACK"));
    if (!done) {
        fail(reply, 500, "database");
        return;
    }
    reply->status = 201;
    reply_add(reply, "{\"id\":%s}\n", id);
}

/* GET /fail: the table was renamed last year, nobody noticed. */
static void show_archive(const struct request *request, struct reply *reply)
{
    PGresult *archive = db_query(request, "SELECT * FROM orders_archive WHERE year = 1999");
    if (!archive)
        fail(reply, 500, "database");
    PQclear(archive);
}

void handle(const struct request *request, struct reply *reply)
{
    char id[32];
    int get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0, end = 0;
    const char *path = request->path;
    if (get && sscanf(path, "/orders/%31[0-9]%n", id, &end) == 1 && !path[end])
        show_order(request, reply, id);
    else if (get && sscanf(path, "/customers/%31[0-9]/orders%n", id, &end) == 1 && end &&
             !path[end])
        list_orders(request, reply, id);
    else if (strcmp(path, "/orders") == 0 && strcmp(request->method, "POST") == 0)
        create_order(request, reply);
    else if (get && strcmp(path, "/report") == 0)
        report(request, reply);
    else if (get && strcmp(path, "/fail") == 0)
        show_archive(request, reply);
    else if (get && strcmp(path, "/health") == 0)
        reply_add(reply, "{\"status\":\"up\"}\n");
    else
        fail(reply, get ? 404 : 405, "no such thing");
}
