/* Writes down what the parser of PostgreSQL's protocol reports, and checks the order of it. */
#ifndef APMSHIM_TESTS_POSTGRES_WATCH_H
#define APMSHIM_TESTS_POSTGRES_WATCH_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "protocol/postgres.h"

struct pg_watch {
    struct buf transcript;
    unsigned open; /* statements */
    unsigned losses;
    bool silent;
};

static inline void pg_note(struct pg_watch *w, const char *what, struct bytes text)
{
    if (!w->silent)
        buf_printf(&w->transcript, "%s %.*s\n", what, (int)text.len, text.len ? text.data : "");
}

static inline void pg_require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken promise: %s\n", what);
        abort();
    }
}

static inline void pg_on_startup(void *self, struct bytes user, struct bytes database)
{
    pg_note(self, "user", user);
    pg_note(self, "database", database);
}

static inline void pg_on_session(void *self, const struct postgres_result *refusal)
{
    pg_note(self, refusal ? "refused" : "session", refusal ? refusal->message : (struct bytes){0});
}

static inline void pg_on_cancel(void *self)
{
    pg_note(self, "cancel", (struct bytes){0});
}

static inline void pg_on_encoding(void *self, struct bytes name)
{
    pg_note(self, "encoding", name);
}

static inline void pg_on_statement(void *self, const struct postgres_statement *s)
{
    static const char *const kinds[] = {"query", "prepare", "execute", "unnamed", "function"};
    struct pg_watch *w = self;
    w->open++;
    pg_require(s->sql_total >= s->sql.len, "a statement is not longer than it is");
    pg_note(w, kinds[s->kind], s->kind == POSTGRES_EXECUTE ? s->name : s->sql);
}

static inline void pg_on_result(void *self, const struct postgres_result *r)
{
    static const char *const outcomes[] = {"done", "failed", "skipped"};
    struct pg_watch *w = self;
    char text[64];
    int n = snprintf(text, sizeof text, "%" PRId64 " rows %" PRIu64 " bytes", r->rows, r->copied);
    pg_require(w->open > 0, "a result is of a statement");
    pg_note(w, outcomes[r->outcome], (struct bytes){text, (size_t)n});
    if (r->outcome == POSTGRES_FAILED)
        pg_note(w, "error", r->message);
}

static inline void pg_on_statement_end(void *self)
{
    struct pg_watch *w = self;
    pg_require(w->open-- > 0, "only statements that were reported end");
    pg_note(w, "end", (struct bytes){0});
}

static inline void pg_on_lost(void *self)
{
    struct pg_watch *w = self;
    w->losses++;
}

static inline struct postgres_listener pg_watch_listener(struct pg_watch *w)
{
    return (struct postgres_listener){.startup = pg_on_startup,
        .session = pg_on_session,
        .cancel = pg_on_cancel,
        .client_encoding = pg_on_encoding,
        .statement = pg_on_statement,
        .result = pg_on_result,
        .statement_end = pg_on_statement_end,
        .lost = pg_on_lost,
        .self = w};
}

#endif
