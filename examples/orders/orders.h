/* The orders service: pre-forked workers, HTTP/1.1 by hand, PostgreSQL by libpq. */
#ifndef ORDERS_H
#define ORDERS_H

#include <libpq-fe.h>
#include <stddef.h>

enum { BODY_MAX = 16 * 1024, ID_MAX = 64 };

struct request {
    char method[16];
    char path[512];
    char query[512];
    char id[ID_MAX + 1]; /* X-Request-Id, only characters that are safe inside a comment */
    char body[BODY_MAX + 1];
    size_t body_len;
    int keep_alive;
};

struct reply {
    int status;
    const char *type;
    char *body; /* malloc'ed, grows by reply_add */
    size_t len, size;
};

/* http.c: serves one connection until it ends. Access log lines go to `log_fd` (-1: none). */
void http_serve(int fd, int log_fd);
void reply_add(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* handlers.c: what each URL does. */
void handle(const struct request *request, struct reply *reply);

/* report.c */
void report(const struct request *request, struct reply *reply);

/* db.c: this worker's only connection, opened again after it was lost. Every statement carries the
 * request's id as a comment. NULL after an error, which was logged; callers free results by
 * PQclear. */
void db_open(const char *conninfo);
PGresult *db_query(const struct request *request, const char *sql);
PGresult *db_query_params(
    const struct request *request, const char *sql, int count, const char *const *values);
PGresult *db_prepared(
    const struct request *request, const char *name, int count, const char *const *values);
char *db_literal(const char *text); /* quoted; free by PQfreemem */

#endif
