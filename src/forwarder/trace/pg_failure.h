/* Errors of PostgreSQL, and what of them and of the statements that they refused may be sent. */
#ifndef APMSHIM_TRACE_PG_FAILURE_H
#define APMSHIM_TRACE_PG_FAILURE_H

#include "trace/postgres.h"

/* What the server said; all of it text in UTF-8. */
struct pg_said {
    const char *sqlstate;                /* "" where it never reached the server */
    const char *message, *detail, *hint; /* NULL: not told */
    const char *source;                  /* the server's function that said it; NULL: not told */
    const char *names; /* of relations, columns and constraints, each behind a line's end; NULL */
    bool cut;          /* the message goes on */
};

/* Hides a statement's text that no server has taken for SQL, and what of its name comes from it.
 * To be called at its end, before pg_fail. */
void pg_hide_unread(struct tracer *tracer, struct statement *s);
/* Makes the failure of a statement's span. */
void pg_fail(struct tracer *tracer, const struct pg_connection *c, struct live_span *span,
    const struct pg_said *said);
/* The same for one that connects; c may be NULL. */
void pg_fail_contact(struct tracer *tracer, const struct pg_connection *c, struct live_span *span,
    const struct pg_said *said);

#endif
